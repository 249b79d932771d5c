package dashboard

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/browsertest"
	"switchboard/internal/results"
	"switchboard/internal/review"
)

// TestPictures takes the pictures of the documentation whose views need weeks of
// calls, with SCREENSHOTS=folder. Those of the other views are taken by the test of
// package standalone in which people use the page.
func TestPictures(t *testing.T) {
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		t.Skip("SCREENSHOTS names no folder for pictures")
	}
	tab, err := browsertest.Open(t.Context(), 1280)
	if err != nil {
		t.Skip(err)
	}
	defer tab.Close()
	w := newWorld(t)
	w.weeks()
	w.must(tab.Go(w.address + door + w.people[account.Reviewer].ID))
	for _, picture := range []struct {
		name, path, shows string
		width             int64
		dark              bool
	}{
		{"overview", "/?range=week", "Calls by company", 1280, false},
		{"calls", "/calls?company=Quill+Insurance", "Quill Insurance", 1280, false},
		{"quality", "/quality", "How often the answers are right", 1280, false},
		{"review", "/review", "Which company", 1280, false},
		{"overview-phone", "/?range=week", "Calls by company", 390, true},
		{"review-phone", "/review", "Which company", 390, true},
	} {
		w.must(tab.Resize(picture.width))
		w.must(tab.Dark(picture.dark))
		w.must(tab.Go(w.address + picture.path))
		_, err := tab.Await(picture.shows)
		w.must(err)
		w.must(tab.Picture(filepath.Join(dir, "page-"+picture.name+".png")))
	}
}

// weeks stores calls of the last sixteen days, more by day than by night, and what
// people say about those of the sample.
func (w *world) weeks() {
	w.Helper()
	companies := []string{"Lumen", "Borealis Airlines", "Harrow Rail", "Copperfield Bank", "Sundial Energy", "Maple Post", "Quill Insurance", "Ferry & Sons"}
	about := []string{"bill", "flight", "train", "card", "meter", "parcel", "claim", "crossing"}
	w.model("telecom", sampleAnswer("", "").Model)
	random := rand.New(rand.NewPCG(3, 4))
	w.results.Sampling = review.Sampling{Share: 0.08, Second: 0.3, Held: 0.5}
	end := w.now
	for at, n := end.AddDate(0, 0, -16), 0; at.Before(end); n++ {
		w.now = at
		company := min(len(companies)-1, int(random.ExpFloat64()*2.5))
		c := sampleCall(fmt.Sprintf("%s.%04d", at.Format(time.DateOnly), n))
		c.Language = []string{"en", "en", "en", "de"}[random.IntN(4)]
		c.Turns = []results.Turn{
			{Side: "agent", Text: "Good morning, you are speaking with Person.", End: 2.4},
			{Side: "customer", Text: "This is Person, about my " + about[company] + ".", Start: 3, End: 6.1},
			{Side: "agent", Text: "May I have a number to call you back?", Start: 6.8, End: 9},
			{Side: "customer", Text: "Yes, it is Phone, and it has been four days now.", Start: 9.6, End: 14},
		}
		c.Spans = map[string]int64{"Person": 2, "Phone": 1}
		c.Origin.Produced = at.Add(-time.Duration(60+random.IntN(800)) * time.Millisecond)
		p := sampleAnswer(c.ID, companies[company])
		p.Confidence, p.RunnerUp, p.RunnerUpConfidence = 0.7+0.3*random.Float64(), companies[(company+1)%len(companies)], 0.03
		if random.IntN(9) == 0 {
			p = unsureAnswer(c.ID, companies[company], 0.2+0.25*random.Float64())
			p.RunnerUp = companies[(company+2)%len(companies)]
		}
		w.call(c, p)
		w.judgeIt(c.ID, companies[company], companies[(company+1)%len(companies)], random)
		minutes := 9 + random.IntN(12)
		if at.Hour() < 6 || at.Hour() > 20 {
			minutes *= 8
		}
		at = at.Add(time.Duration(minutes) * time.Minute)
	}
	w.now = end
}

// judgeIt lets people say what a sampled call is about: mostly what the model says.
func (w *world) judgeIt(id, company, other string, random *rand.Rand) {
	w.Helper()
	r, err := w.results.Get(w.Context(), id)
	w.must(err)
	people := []account.Role{account.Reviewer, account.Admin}
	if !r.Review.Second {
		people = people[:1]
	}
	for _, role := range people {
		label := company
		if random.IntN(12) == 0 {
			label = other
		}
		if r.Review.Sampled {
			_, err := w.results.Judge(w.Context(), results.Judgement{CallID: id, Label: label, Reviewer: w.people[role].ID})
			w.must(err)
		}
	}
}
