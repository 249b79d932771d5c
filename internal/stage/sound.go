package stage

import (
	"slices"

	"switchboard/internal/dataset"
	"switchboard/internal/label"
	"switchboard/internal/problem"
	"switchboard/internal/thread"
	"switchboard/internal/tweet"
)

const (
	// sameID is how many tweets with one id are a mistake of a few rows at
	// most, whatever part of the table they are.
	sameID = 4
	// talks is the same of what customers and companies say to each other.
	talks = 2
	// smallClass is how many conversations a customer has with companies, and
	// smallClasses how many companies that small are not the rule.
	smallClass, smallClasses = 2, 10
)

// sound refuses a table whose threads show that a column is wholly wrong,
// although each cell of it can be read: ids that are not the tweets' own, and
// customers that are taken for companies.
func sound(table *tweet.Table, forest *thread.Forest, opts Options) error {
	if rows := mostOfOneID(forest); len(rows) > sameID && tweet.TooMany(int64(len(rows)), int64(len(forest.Order)), opts.MaxUnusable) {
		return problem.Input("%s: %d of %d tweets with different texts or authors have one and the same tweet_id, such as on %s: give each tweet an id of its own; %s",
			opts.Name, len(rows), len(forest.Order), table.Lines(rows), tweet.LimitAdvice(opts.MaxUnusable))
	}
	if err := table.RepliesUsable(opts.Name, forest.Ambiguous, opts.MaxUnusable); err != nil {
		return err
	}
	return roles(table, forest, opts)
}

// backwards is the part of first answers that customers may give to companies.
// Companies write by themselves, too, but to be asked is what support is.
const backwards = 0.8

// roles refuses a table in which customers and companies have changed places, as
// they do where inbound was written the other way round: companies ask, and
// customers answer. Only answers to the first tweet of a thread count, for behind
// it both write in turn.
func roles(table *tweet.Table, forest *thread.Forest, opts Options) error {
	var all int64
	var rows []int32
	for _, row := range forest.Order {
		parent := forest.Parent[row]
		if parent == thread.None || forest.Parent[parent] != thread.None {
			continue
		}
		asked, answered := table.Company(parent) == label.None, table.Company(row) != label.None
		switch {
		case asked && answered:
			all++
		case !asked && !answered:
			all++
			rows = append(rows, row)
		}
	}
	if len(rows) <= talks || !tweet.TooMany(int64(len(rows)), all, max(backwards, opts.MaxUnusable)) {
		return nil
	}
	return problem.Input("%s: %d of %d first answers are by customers to companies, such as on %s, so that inbound seems to be the wrong way round, and customers' names would become labels: it is True where a customer writes; if it is right, set --max-unusable to 1",
		opts.Name, len(rows), all, table.Lines(rows))
}

// mostOfOneID returns the rows of the id that most tweets have, if it is more
// than one.
func mostOfOneID(forest *thread.Forest) []int32 {
	others := make(map[int32]int)
	most, first := 0, int32(thread.None)
	for _, c := range forest.Clashing {
		others[c.First]++
		if n := others[c.First]; n > most {
			most, first = n, c.First
		}
	}
	if most == 0 {
		return nil
	}
	rows := []int32{first}
	for _, c := range forest.Clashing {
		if c.First == first {
			rows = append(rows, c.Row)
		}
	}
	return rows
}

// customers finds the companies that look like customers: they never answer
// one, and companies answer them. Where most do, customers' names were taken for
// companies', and the table is refused. Where few do, and nothing but the name
// says that they are companies, they are taken for the customers that they are.
func customers(table *tweet.Table, forest *thread.Forest, opts Options) (is []bool, err error) {
	companies := table.Companies()
	answersCustomers := make([]bool, len(companies))
	answered := make([]int64, len(companies))
	for _, row := range forest.Order {
		company, parent := table.Company(row), forest.Parent[row]
		if company == label.None || parent == thread.None {
			continue
		}
		switch other := table.Company(parent); {
		case other == label.None:
			answersCustomers[company] = true
		case other != company:
			answered[other]++
		}
	}
	is = make([]bool, len(companies))
	for i := range is {
		is[i] = !answersCustomers[i] && answered[i] > 0
	}
	if !slices.Contains(is, true) {
		return is, nil
	}
	var rows []int32
	var all int64
	for _, row := range forest.Order {
		company, parent := table.Company(row), forest.Parent[row]
		if company == label.None || parent == thread.None {
			continue
		}
		all++
		if other := table.Company(parent); other != label.None && other != company && is[other] {
			rows = append(rows, row)
		}
	}
	if len(rows) > talks && tweet.TooMany(int64(len(rows)), all, opts.MaxUnusable) {
		return nil, problem.Input("%s: of %d replies by companies %d answer a company that answers no customer itself, such as on %s, so customers are taken for companies, and their names would become labels: author_id must be a number, or inbound be True, where a customer writes; %s",
			opts.Name, all, len(rows), table.Lines(rows), tweet.LimitAdvice(opts.MaxUnusable))
	}
	for i := range is {
		is[i] = is[i] && table.Guessed(int32(i))
	}
	return is, nil
}

// labelsAreCompanies refuses labels that are as many as the conversations allow,
// for that is what customers' names would be.
func labelsAreCompanies(result Result, opts Options) error {
	var all, small, classes int64
	for name, n := range result.Labels {
		if name == dataset.Unknown {
			continue
		}
		all += n
		if n <= smallClass {
			small += n
			classes++
		}
	}
	if classes < smallClasses || !tweet.TooMany(small, all, opts.MaxUnusable) {
		return nil
	}
	return problem.Input("%s: %d of %d companies have no more than %d conversations each, %d of %d in all, so customers are taken for companies, and their names would become labels: author_id must be a number, or inbound be True, where a customer writes; %s",
		opts.Name, classes, result.Classes, smallClass, small, all, tweet.LimitAdvice(opts.MaxUnusable))
}
