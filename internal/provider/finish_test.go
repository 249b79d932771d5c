package provider

import (
	"encoding/json"
	"testing"
	"time"
)

func TestEstimatedFinish(t *testing.T) {
	for body, want := range map[string]time.Time{
		`{"id": "j", "status": "running", "estimated_finish": 1790000000}`: time.Unix(1790000000, 0),
		`{"id": "j", "status": "running", "estimated_finish": null}`:       {},
		`{"id": "j", "status": "running"}`:                                 {},
		`{"id": "j", "status": "running", "estimated_finish": "soon"}`:     {},
	} {
		var w wireJob
		if err := json.Unmarshal([]byte(body), &w); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		if got := w.job().EstimatedFinish; !got.Equal(want) {
			t.Errorf("%s: %v, want %v", body, got, want)
		}
	}
}
