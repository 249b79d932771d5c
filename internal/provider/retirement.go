package provider

import (
	"net/url"
	"time"
)

// RetirementNotice is how long before the announced end of a model's fine-tuned models
// nothing should be trained on it any more: a model that stops answering a month after
// it was paid for is a loss.
const RetirementNotice = 30 * 24 * time.Hour

// retirements are the days on which providers stop what was fine-tuned from a model,
// by the provider's name in profiles. A test holds the table of docs/providers.md
// against them.
//
// OpenAI stops base and fine-tuned models on the same day. Source: its page
// "Deprecations", entries of 2026-04-22 and 2026-10-14, as pages that cite it have them.
//
// Azure stops them apart, and only the last day counts here. The base models stopped in
// October 2026. Training on them goes on for existing customers, and ends "no earlier
// than" April 2027: who is one is not known, nor the day, and nobody can be refused by
// either. Source: "Model retirement schedule", section "Fine-tuned models",
// column "Deployment retirement date", in the version of 2026-07-07 (azure-ai-docs,
// concepts-model-retirement-schedule-content.md), read on 2026-11-28.
//
// A model that is not listed has no known end.
var retirements = map[string]map[string]string{
	"OpenAI": {
		"gpt-3.5-turbo":           "2026-10-23",
		"gpt-3.5-turbo-0125":      "2026-10-23",
		"gpt-4":                   "2026-10-23",
		"gpt-4-0613":              "2026-10-23",
		"gpt-4.1-nano":            "2026-10-23",
		"gpt-4.1-nano-2025-04-14": "2026-10-23",

		"gpt-4o-2024-08-06":       "2027-01-14",
		"gpt-4o-mini-2024-07-18":  "2027-01-14",
		"gpt-4.1-2025-04-14":      "2027-01-14",
		"gpt-4.1-mini-2025-04-14": "2027-01-14",
	},
	"Azure OpenAI": {
		"gpt-4o-2024-08-06":      "2027-10-01",
		"gpt-4o-mini-2024-07-18": "2027-10-01",

		"gpt-4.1-2025-04-14":      "2027-10-14",
		"gpt-4.1-mini-2025-04-14": "2027-10-14",
		"gpt-4.1-nano-2025-04-14": "2027-10-14",
	},
}

// Retirement returns the day on which the provider at a base URL stops the models that
// were fine-tuned from a base model, and false if none was announced. It does not tell
// until when the base model itself answers, or can be trained: that may end earlier, for
// some customers or for all, and is the provider's to refuse.
func Retirement(baseURL, model string) (time.Time, bool) {
	u, err := url.Parse(baseURL)
	if err != nil {
		return time.Time{}, false
	}
	day, err := time.Parse(time.DateOnly, retirements[profileOf(u).name][model])
	return day, err == nil
}
