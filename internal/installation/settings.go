package installation

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"switchboard/internal/config"
)

// Settings are what all workers of a namespace must have in common, because any
// of them may do the next step of a run. Each is a digest, which tells that two
// differ and nothing else; an empty one is not known.
type Settings struct {
	// Artifacts and Database are of the id that the store itself keeps, not
	// of its address: one folder has many paths, and one path is another
	// folder on every machine.
	Artifacts string `json:"artifacts,omitempty"`
	Database  string `json:"database,omitempty"`
	// Anonymizer is of its version, with its models and lists.
	Anonymizer string `json:"anonymizer,omitempty"`
	Provider   string `json:"provider,omitempty"`
	BaseModel  string `json:"base_model,omitempty"`
	Prices     string `json:"prices,omitempty"`
}

// Digest returns the digest of a setting.
func Digest(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:4])
}

// setting is one of them, with the name that an identity has for it and what a
// person calls it.
type setting struct {
	key, name string
	of        func(*Settings) *string
}

var all = []setting{
	{"artifacts", "the artifacts (" + config.Artifacts + ")", func(s *Settings) *string { return &s.Artifacts }},
	{"database", "the database (" + config.DatabaseURL + ")", func(s *Settings) *string { return &s.Database }},
	{"anonymizer", "the anonymizer (" + config.NERModel + ", " + config.AllowNames + ", " + config.DenyNames + ", or another build)", func(s *Settings) *string { return &s.Anonymizer }},
	{"provider", "the provider (" + config.ProviderURL + ")", func(s *Settings) *string { return &s.Provider }},
	{"model", "the base model (" + config.BaseModel + ")", func(s *Settings) *string { return &s.BaseModel }},
	{"prices", "the prices (" + config.Prices + ")", func(s *Settings) *string { return &s.Prices }},
}

// differences names the settings that both have and that are not the same.
func differences(a, b Settings) (names []string) {
	for _, one := range all {
		if x, y := *one.of(&a), *one.of(&b); x != "" && y != "" && x != y {
			names = append(names, one.name)
		}
	}
	return names
}

// CheckPlaces returns an error if a worker keeps its artifacts or its database in
// another place than those a run was accepted with: what the run did would not be
// found there. The error names the worker and the settings. What is not known of
// either is not compared.
func (s Settings) CheckPlaces(accepted Settings, worker string) error {
	if names := differences(Settings{Artifacts: s.Artifacts, Database: s.Database}, accepted); len(names) > 0 {
		return fmt.Errorf("the worker %s has another place for %s than the run was accepted with; stop this worker, or give it the same settings", worker, strings.Join(names, " and for "))
	}
	return nil
}

// Identity is how a worker with these settings calls itself towards Temporal,
// where others read it.
func (s Settings) Identity(pid int, host string) string {
	var digests []string
	for _, one := range all {
		if digest := *one.of(&s); digest != "" {
			digests = append(digests, one.key+"="+digest)
		}
	}
	return fmt.Sprintf("%d@%s (%s)", pid, host, strings.Join(digests, " "))
}

var identityForm = regexp.MustCompile(`^(\S+@\S+) \(((?:[a-z]+=[0-9a-f]{8} ?)+)\)$`)

// ParseIdentity returns the process and the settings of a worker that calls
// itself so, and false for workers of other programs and of versions that had no
// such identity.
func ParseIdentity(identity string) (process string, s Settings, ok bool) {
	found := identityForm.FindStringSubmatch(identity)
	if found == nil {
		return "", Settings{}, false
	}
	for _, field := range strings.Fields(found[2]) {
		key, digest, _ := strings.Cut(field, "=")
		for _, one := range all {
			if one.key == key {
				*one.of(&s) = digest
			}
		}
	}
	return found[1], s, true
}
