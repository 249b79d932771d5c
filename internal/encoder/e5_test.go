package encoder_test

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"switchboard/internal/encoder"
	"switchboard/internal/transformer/subword"
)

// directoryOfE5 names the variable with the directory that tools/encoder/e5.py
// makes: it is too large to be kept here.
const directoryOfE5 = "SWITCHBOARD_TEST_E5"

// reference is an English or German sentence as the package that the weights
// come from embeds it; testdata/make_e5.py writes them.
type reference struct {
	Text string `json:"text"`
	// IDs are the tokens with the prompt in front.
	IDs []uint32 `json:"ids"`
	// Vector is of signed bytes, in base64, 127 for the largest of it.
	Vector string `json:"vector"`
}

func references(t *testing.T) (rows []reference) {
	t.Helper()
	raw, err := os.ReadFile("testdata/e5.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) < 50 {
		t.Fatalf("%d sentences, want 50", len(rows))
	}
	return rows
}

func (r reference) vector(t *testing.T) []float32 {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(r.Vector)
	if err != nil {
		t.Fatal(err)
	}
	v, square := make([]float32, len(raw)), 0.0
	for i, b := range raw {
		v[i] = float32(int8(b))
		square += float64(v[i]) * float64(v[i])
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(square))
	}
	return v
}

func e5(t *testing.T) string {
	t.Helper()
	dir := os.Getenv(directoryOfE5)
	if dir == "" {
		t.Skipf("set %s to the directory that tools/encoder/e5.py has made", directoryOfE5)
	}
	return dir
}

// The vocabulary of the real model, 250,000 pieces, cuts text as the Python
// library does.
func TestTokensOfE5(t *testing.T) {
	raw, err := os.ReadFile(e5(t) + "/tokenizer.json")
	if err != nil {
		t.Fatal(err)
	}
	k, err := subword.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range references(t) {
		if got := k.Encode("query: " + r.Text).IDs; !slices.Equal(got, r.IDs) {
			t.Errorf("%q has the ids\n%v, want\n%v", r.Text, got, r.IDs)
		}
	}
}

// The converted model embeds sentences as the original does.
func TestVectorsOfE5(t *testing.T) {
	dir := e5(t)
	if underRace {
		t.Skip("the race detector's pointer checks stop the backend")
	}
	e, err := encoder.Load(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	rows := references(t)
	texts := make([]string, len(rows))
	for i, r := range rows {
		texts[i] = r.Text
	}
	vectors, err := e.Encode(t.Context(), texts, nil)
	if err != nil {
		t.Fatal(err)
	}
	least, sum := 1.0, 0.0
	for i, r := range rows {
		got := cosine(vectors[i], r.vector(t))
		if got <= 0.99 {
			t.Errorf("%q is %.4f like the original's, want more than 0.99", r.Text, got)
		}
		least, sum = min(least, got), sum+got
	}
	t.Logf("cosine: mean %.4f, least %.4f", sum/float64(len(rows)), least)
}
