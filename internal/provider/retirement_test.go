package provider

import (
	"testing"
	"time"
)

func TestRetirement(t *testing.T) {
	const azure = "https://acme.openai.azure.com/openai/v1"
	for _, c := range []struct{ url, model, want string }{
		{"https://api.openai.com/v1", "gpt-4.1-mini-2025-04-14", "2027-01-14"},
		{"https://API.openai.com/v1/", "gpt-4.1-nano-2025-04-14", "2026-10-23"},
		{"https://eu.api.openai.com/v1", "gpt-4o-2024-08-06", "2027-01-14"},
		{azure, "gpt-4o-mini-2024-07-18", "2027-10-01"},
		{azure, "gpt-4.1-mini-2025-04-14", "2027-10-14"},
		{"https://acme.services.ai.azure.com/openai/v1", "gpt-4.1-2025-04-14", "2027-10-14"},
		{"https://api.openai.com/v1", "gpt-of-tomorrow", ""},
		{"https://api.openai.com/v1", "", ""},
		{"https://api.tokenfactory.nebius.com/v1", "meta-llama/Llama-3.1-8B-Instruct", ""},
		{"http://127.0.0.1:8090/v1", "gpt-4.1-mini-2025-04-14", ""},
		{"https://api.openai.com.example.org/v1", "gpt-4.1-mini-2025-04-14", ""},
		{"", "gpt-4.1-mini-2025-04-14", ""},
		{"://", "gpt-4.1-mini-2025-04-14", ""},
	} {
		day, known := Retirement(c.url, c.model)
		if got := day.Format(time.DateOnly); known != (c.want != "") || known && got != c.want {
			t.Errorf("%s at %s stops on %s, %v; want %q", c.model, c.url, got, known, c.want)
		}
	}
}

// Azure's base models stopped long before what was trained on them: as long as anybody
// can train on one, its retirement is no reason to refuse it.
func TestModelThatOnlyExistingCustomersTrainIsNotRefused(t *testing.T) {
	mayEnd := time.Date(2027, time.April, 14, 0, 0, 0, 0, time.UTC)
	for model := range retirements["Azure OpenAI"] {
		last, known := Retirement("https://acme.openai.azure.com/openai/v1", model)
		if !known || last.Sub(mayEnd) < RetirementNotice {
			t.Errorf("%s is refused from %s on, while it can be trained", model, last.Add(-RetirementNotice).Format(time.DateOnly))
		}
	}
}

func TestRetirementsAreDays(t *testing.T) {
	for name, models := range retirements {
		for model, day := range models {
			if _, err := time.Parse(time.DateOnly, day); err != nil {
				t.Errorf("%s at %s: %v", model, name, err)
			}
		}
	}
}
