package correction_test

import (
	"crypto/rand"
	"strings"
	"testing"

	"switchboard/internal/correction"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/seal"
)

func TestSealedCorrections(t *testing.T) {
	key, err := seal.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	other, err := seal.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	want := pipeline.Correction{ConversationID: -7, Label: "AcmeHelp", Author: "naomi"}
	sealed, err := correction.Seal(key.Public(), []pipeline.Correction{want})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := correction.Open(key, sealed); err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("opened as %+v, %v", got, err)
	}
	if _, err := correction.Open(other, sealed); !refused(err, "sealed for another database") {
		t.Errorf("another database: %v", err)
	}
}

func TestTooManyCorrectionsAreRefused(t *testing.T) {
	key, err := seal.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	// What is random cannot be packed.
	many := make([]pipeline.Correction, 80_000)
	for i := range many {
		many[i] = pipeline.Correction{ConversationID: int64(i), Label: "AcmeHelp", Author: rand.Text()}
	}
	if _, err := correction.Seal(key.Public(), many[:10_000]); err != nil {
		t.Errorf("ten thousand corrections: %v", err)
	}
	if _, err := correction.Seal(key.Public(), many); !refused(err, "split the file") {
		t.Errorf("eighty thousand corrections: %v", err)
	}
}

func refused(err error, says string) bool {
	kind, _ := problem.KindOf(err)
	return kind == problem.BadInput && strings.Contains(err.Error(), says)
}
