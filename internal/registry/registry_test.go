package registry

import (
	"testing"
	"time"

	"switchboard/internal/artifact"
	"switchboard/internal/problem"
)

func TestModelsAreFoundNewestFirst(t *testing.T) {
	store, err := artifact.Open(t.Context(), "mem://")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Find(t.Context(), store, ""); err == nil {
		t.Error("found a model where there is none")
	}
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for _, m := range []Model{
		{ID: "ft:b", RunID: "2", Created: day.Add(time.Hour), Threshold: 0.5},
		{ID: "ft:a", RunID: "1", Created: day},
		{ID: "ft:a", RunID: "3", Created: day.Add(time.Minute), Threshold: 0.7},
		{ID: "ft:b", RunID: "2", Created: day.Add(time.Hour), Threshold: 0.5},
	} {
		if _, err := Record(t.Context(), store, m); err != nil {
			t.Fatal(err)
		}
	}
	models, err := List(t.Context(), store)
	if err != nil || len(models) != 3 {
		t.Fatalf("%d models, %v; recording one twice must not double it", len(models), err)
	}
	for id, want := range map[string]float64{"": 0.5, "ft:a": 0.7, "ft:b": 0.5} {
		if m, err := Find(t.Context(), store, id); err != nil || m.Threshold != want {
			t.Errorf("finding %q gave %+v, %v", id, m, err)
		}
	}
	_, err = Find(t.Context(), store, "ft:c")
	if kind, _ := problem.KindOf(err); kind != problem.BadInput {
		t.Errorf("a model that is not there gave %v", err)
	}
}
