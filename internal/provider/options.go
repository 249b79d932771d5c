package provider

import (
	"net/url"
	"strings"
	"time"

	"switchboard/internal/problem"
)

// Options configures a [Client]. The zero value asks OpenAI without a key.
type Options struct {
	// BaseURL is where the protocol's paths begin, normally ending in /v1.
	// Its host tells what is known of the provider. Empty means
	// [DefaultBaseURL].
	BaseURL string
	// APIKey is sent as a bearer token, or as this provider wants it; empty
	// sends none, which many local servers accept.
	APIKey string
	// RequestTimeout bounds one request from sending it to the last byte of
	// its answer; time spent waiting for the client's limits does not count.
	// Uploads and downloads may take longer as long as bytes keep moving:
	// there it bounds a standstill. It is also the longest time a request
	// waits when the provider asked the client to hold; a longer hold fails
	// the request at once. 0 means [DefaultRequestTimeout].
	RequestTimeout time.Duration
	// MaxConcurrent is the number of requests at a time. 0 means
	// [DefaultMaxConcurrent].
	MaxConcurrent int
	// RequestsPerMinute is the number of requests that the provider may see
	// in any 60 seconds. The client uses about 97% of it, evenly paced. 0
	// means no limit. Several processes that share an account share its
	// limit: give each its part.
	RequestsPerMinute int
}

func (o Options) withDefaults() Options {
	if o.BaseURL == "" {
		o.BaseURL = DefaultBaseURL
	}
	if o.RequestTimeout == 0 {
		o.RequestTimeout = DefaultRequestTimeout
	}
	if o.MaxConcurrent == 0 {
		o.MaxConcurrent = DefaultMaxConcurrent
	}
	return o
}

// Validate returns a problem of kind [problem.BadInput] for a setting that
// cannot work, nil otherwise. The key's value appears in no message.
func (o Options) Validate() error {
	o = o.withDefaults()
	u, err := url.Parse(o.BaseURL)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		return problem.Input("OPENAI_BASE_URL is %q: expected an http or https URL such as %s", redactURL(o.BaseURL), DefaultBaseURL)
	case u.User != nil:
		return problem.Input("OPENAI_BASE_URL holds a user name or password: remove it and set OPENAI_API_KEY instead")
	case u.RawQuery != "" || u.Fragment != "":
		return problem.Input("OPENAI_BASE_URL is %q: expected no query and no fragment", redactURL(o.BaseURL))
	case profileOf(u).checkBase(u) != nil:
		return profileOf(u).checkBase(u)
	case strings.ContainsFunc(o.APIKey, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return problem.Input("OPENAI_API_KEY holds a space, a line break or a character outside ASCII: set it to the key alone")
	case o.RequestTimeout < 0:
		return problem.Input("the provider's request timeout is %s: expected a positive duration such as %s", o.RequestTimeout, DefaultRequestTimeout)
	case o.MaxConcurrent < 0:
		return problem.Input("the provider's limit of concurrent requests is %d: expected 1 or more", o.MaxConcurrent)
	case o.RequestsPerMinute < 0:
		return problem.Input("the provider's limit of requests per minute is %d: expected 1 or more, or 0 for no limit", o.RequestsPerMinute)
	}
	return nil
}

// redactURL drops whatever could be a secret from a URL that is about to be
// shown because it is wrong.
func redactURL(s string) string {
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		s = "..." + s[i:]
	}
	s, _, _ = strings.Cut(s, "?")
	s, _, _ = strings.Cut(s, "#")
	return s
}
