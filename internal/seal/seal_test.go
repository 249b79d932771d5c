package seal_test

import (
	"bytes"
	"testing"

	"switchboard/internal/seal"
)

func TestOnlyTheHolderOpens(t *testing.T) {
	const purpose = "test 1"
	mine, err := seal.KeyOf("a secret")
	if err != nil {
		t.Fatal(err)
	}
	other, err := seal.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := seal.Seal(mine.Public(), purpose, map[string]string{"author": "naomi"})
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("naomi")) {
		t.Error("what is sealed can be read")
	}
	again, err := seal.KeyOf("a secret")
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]string
	if err := again.Open(sealed, purpose, &got); err != nil || got["author"] != "naomi" {
		t.Errorf("the holder of the secret reads %v, %v", got, err)
	}
	changed := bytes.Clone(sealed)
	changed[len(changed)-1] ^= 1
	for name, err := range map[string]error{
		"another key":     other.Open(sealed, purpose, &got),
		"another purpose": mine.Open(sealed, "test 2", &got),
		"changed":         mine.Open(changed, purpose, &got),
		"nothing":         mine.Open(nil, purpose, &got),
	} {
		if err == nil {
			t.Errorf("%s: it opens", name)
		}
	}
	if _, err := seal.Seal([]byte("short"), purpose, 1); err == nil {
		t.Error("it is sealed with what is no key")
	}
}
