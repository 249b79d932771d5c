package provider

import (
	"net/url"
	"strings"
	"time"
)

// RetirementNotice is how long before a model's announced end nothing should
// be trained on it any more: a model that stops answering a month after it was
// paid for is a loss.
const RetirementNotice = 30 * 24 * time.Hour

// retirements are ends that providers announced, by host and model, for models
// that can be fine-tuned. Source: OpenAI's page "Deprecations", entries of
// 2026-04-22 and 2026-10-14, as pages that cite it have them. A model that is
// not listed has no known end.
var retirements = map[string]map[string]string{
	"api.openai.com": {
		"gpt-3.5-turbo":      "2026-10-23",
		"gpt-3.5-turbo-0125": "2026-10-23",
		"gpt-4":              "2026-10-23",
		"gpt-4-0613":         "2026-10-23",

		"gpt-4o-2024-08-06":       "2027-01-14",
		"gpt-4o-mini-2024-07-18":  "2027-01-14",
		"gpt-4.1-2025-04-14":      "2027-01-14",
		"gpt-4.1-mini-2025-04-14": "2027-01-14",
	},
}

// Retirement returns the day on which the provider at a base URL stops a
// model, and false if none was announced.
func Retirement(baseURL, model string) (time.Time, bool) {
	u, err := url.Parse(baseURL)
	if err != nil {
		return time.Time{}, false
	}
	day, err := time.Parse(time.DateOnly, retirements[strings.ToLower(u.Hostname())][model])
	return day, err == nil
}
