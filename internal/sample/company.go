package sample

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

//go:embed companies.csv
var companyTable []byte

// company is a fictional company with a support account.
type company struct {
	handle string
	sector string
	// weight is the company's share of the threads, relative to the others.
	weight int
	// signoff is how agents sign: ^AA for initials, -First for first names,
	// with a \n before it on a line of its own, "none" for not at all.
	signoff string
	// languages its customers write in. The table has en*12 where one is
	// twelve times as common as another; here it is in the list as often.
	languages []string
	agents    []agent
	// habit decides which of the shared phrases the company's agents use.
	habit uint64
}

// playbookSize is how many of a rule's phrases the agents of one company use.
// Companies choose from the same ones, so a phrase seldom tells who speaks;
// several of them do.
const playbookSize = 3

// playbook is the part of a shared rule that the company's agents use.
func (c *company) playbook(lang, name string, rule []production) []production {
	h := fnv.New64a()
	fmt.Fprint(h, lang, name)
	chosen := slices.Clone(rule)
	r := rand.New(rand.NewPCG(c.habit, h.Sum64()))
	r.Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
	return chosen[:min(playbookSize, len(chosen))]
}

// agent is somebody who answers for a company.
type agent struct {
	name string
	// signature stands at the end of the agent's tweets, marked and with
	// the space or line break before it. It may be empty.
	signature string
}

// loadCompanies reads the table of companies.
func loadCompanies() ([]*company, error) {
	rows, err := csv.NewReader(bytes.NewReader(companyTable)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("reading companies.csv: %w", err)
	}
	var companies []*company
	for i, row := range rows[1:] {
		weight, err := strconv.Atoi(row[2])
		if err != nil {
			return nil, fmt.Errorf("reading companies.csv: line %d: %w", i+2, err)
		}
		c := &company{handle: row[0], sector: row[1], weight: weight, signoff: row[3]}
		for _, lang := range strings.Fields(row[4]) {
			lang, times, often := strings.Cut(lang, "*")
			n := 1
			if often {
				if n, err = strconv.Atoi(times); err != nil {
					return nil, fmt.Errorf("reading companies.csv: line %d: %w", i+2, err)
				}
			}
			c.languages = append(c.languages, slices.Repeat([]string{lang}, n)...)
		}
		companies = append(companies, c)
	}
	return companies, nil
}

// hire gives a company its agents.
func (c *company) hire(v *voice) {
	signoff, ownLine := strings.CutPrefix(c.signoff, `\n`)
	prefix, form := " "+signoff[:1], signoff[1:]
	if ownLine {
		prefix = "\n" + signoff[:1]
	}
	c.habit = v.Uint64()
	for range 4 + v.IntN(6) {
		a := agent{name: v.word("first")}
		switch {
		case signoff == "none":
		case form == "First":
			a.signature = prefix + mark(person, a.name)
		default:
			a.signature = prefix + mark(initials, v.pattern(form))
		}
		c.agents = append(c.agents, a)
	}
}
