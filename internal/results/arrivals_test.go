package results

import (
	"slices"
	"testing"

	"switchboard/internal/pipeline"
)

func TestArrivals(t *testing.T) {
	each(t, func(t *testing.T, s *Store, c *clock) {
		if at, err := s.Newest(t.Context(), ""); err != nil || !at.IsZero() {
			t.Errorf("the latest of no calls is of %v, %v", at, err)
		}
		for n := range 5 {
			save(t, s, aCall(n), Stored)
		}
		answer(t, s, anAnswer(1), true)
		newest, err := s.Newest(t.Context(), "")
		page, listErr := s.List(t.Context(), Filter{}, "", 3)
		if err != nil || listErr != nil || !newest.Equal(page.Results[0].StoredAt) {
			t.Errorf("the latest call is of %v (%v), and the list begins with %v (%v)", newest, err, page.Results[0].StoredAt, listErr)
		}
		since := page.Results[2].StoredAt
		for _, test := range []struct {
			f    Filter
			most int
			want int64
		}{
			{Filter{}, 100, 5},
			{Filter{}, 2, 2},
			{Filter{From: since.Add(1000)}, 100, 2},
			{Filter{Statuses: []Status{pipeline.AnswerClassified}}, 100, 1},
			{Filter{Words: "parcel late"}, 100, 5},
			{Filter{Words: "parcel late", From: since}, 100, 3},
			{Filter{Companies: []string{"nobody"}}, 100, 0},
		} {
			if n, err := s.Count(t.Context(), test.f, test.most); err != nil || n != test.want {
				t.Errorf("%+v, %d at most: %d, %v, want %d", test.f, test.most, n, err, test.want)
			}
		}
	})
}

func TestValues(t *testing.T) {
	each(t, func(t *testing.T, s *Store, _ *clock) {
		for n, channel := range []string{"phone", "", "chat", "phone", "Überland", "fax"} {
			c := aCall(n)
			c.Channel = channel
			save(t, s, c, Stored)
		}
		for _, test := range []struct {
			most int
			want []string
		}{{10, []string{"chat", "fax", "phone", "Überland"}}, {2, []string{"chat", "fax"}}} {
			values, err := s.Values(t.Context(), PropertyChannel, test.most)
			slices.Sort(values)
			if err != nil || test.most == 10 && !slices.Equal(values, test.want) || len(values) != len(test.want) {
				t.Errorf("%d at most: %q, %v, want %q", test.most, values, err, test.want)
			}
		}
		if values, err := s.Values(t.Context(), PropertyCompany, 10); err != nil || len(values) != 0 {
			t.Errorf("calls without an answer have the companies %q, %v", values, err)
		}
		if _, err := s.Values(t.Context(), "turns", 10); err == nil {
			t.Error("the values of turns were told")
		}
	})
}
