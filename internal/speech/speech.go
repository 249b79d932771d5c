// Package speech turns recordings of calls into text, through any server of OpenAI's
// protocol for transcriptions: OpenAI itself, speaches, whisper.cpp, vLLM, LocalAI and
// others. Which one it is, is a matter of [Options].
//
//	client, err := speech.New(speech.Options{BaseURL: "http://127.0.0.1:9191/v1", Model: "whisper-base"})
//	transcript, err := client.Transcribe(ctx, speech.Recording{Content: content})
//
// WAV and FLAC are decoded here, split into their channels, and cut where nobody
// speaks: so a recording may be longer than a server takes, each side of a call is
// known by its channel, and what is said has a time even where the server gives none.
// Text alone is enough; times, speakers and probabilities are used where they are given.
// Other formats are handed on whole if the server takes them.
//
// # What nobody said
//
// Recognizers invent words where there are none. Silence, steady tones and noise are not
// sent; what comes back is dropped where the recognizer itself doubts that there was
// speech, where nothing sounds at that time, or where it is one of the sentences that
// recognizers are known to invent and too long for the sound that it stands for; and
// what is repeated over and over is taken once. A recording of which nothing is left
// has the status [NoSpeech].
//
// # Nothing is retried here
//
// An [*Error] says whether asking again can help, and when; the durable layer above
// decides. What was heard of the recording's other pieces is kept in memory until then,
// so that only the rest is asked for again.
//
// # Personal data
//
// A transcript is returned and kept nowhere, but for the pieces of a recording whose
// transcription failed and may be tried again. Errors hold no word of the recognizer's.
package speech

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	openai "github.com/sashabaranov/go-openai"

	"switchboard/internal/config"
	"switchboard/internal/problem"
)

// Options configures a [Client].
type Options struct {
	// BaseURL is where the protocol's paths begin, normally ending in /v1.
	BaseURL string
	// APIKey is sent as a bearer token; empty sends none.
	APIKey string
	// Model is the one that is asked for. Servers with one model ignore it.
	Model string
	// Server names the kind of server, one of [Servers]. Empty is told by the host, and
	// "generic" for hosts that are not known.
	Server string
	// CustomerChannel is the channel of a stereo recording that has the customer,
	// [Left] or [Right]; empty is Left.
	CustomerChannel string
	// RequestTimeout bounds one request; 0 is five minutes. Pieces are a minute long at
	// most, and may wait in the recognizer's queue.
	RequestTimeout time.Duration
}

// Channels of a stereo recording. Amazon Connect records the customer on the left, and
// so does Twilio for a call that came in.
const (
	Left  = "left"
	Right = "right"
)

// defaultRequestTimeout is what 0 means.
const defaultRequestTimeout = 5 * time.Minute

func (o Options) withDefaults() Options {
	if o.CustomerChannel == "" {
		o.CustomerChannel = Left
	}
	if o.RequestTimeout == 0 {
		o.RequestTimeout = defaultRequestTimeout
	}
	return o
}

// Validate returns a problem of kind BadInput for a setting that cannot work, nil
// otherwise. The key's value appears in no message, nor does a password in the URL.
func (o Options) Validate() error {
	o = o.withDefaults()
	u, err := url.Parse(o.BaseURL)
	switch {
	case o.BaseURL == "":
		return problem.Input("%s is empty: set it to the base URL of a speech recognizer such as http://127.0.0.1:9191/v1", config.SpeechURL)
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return problem.Input("%s is no usable address: expected an http or https URL such as http://127.0.0.1:9191/v1, without a user, a query and a fragment", config.SpeechURL)
	case strings.ContainsFunc(o.APIKey, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return problem.Input("%s holds a space, a line break or a character outside ASCII: set it to the key alone", config.SpeechKey)
	case o.Model == "":
		return problem.Input("%s is empty: set it to the name of the recognizer's model", config.SpeechModel)
	case o.CustomerChannel != Left && o.CustomerChannel != Right:
		return problem.Input("%s is %q; expected %s or %s", config.AudioCustomerChannel, o.CustomerChannel, Left, Right)
	case o.RequestTimeout < 0:
		return problem.Input("the recognizer's request timeout is %s: expected a positive duration such as %s", o.RequestTimeout, defaultRequestTimeout)
	}
	if _, ok := serverOf(o.Server, u, o.Model); !ok {
		return problem.Input("%s is %q; expected one of %s, or nothing", config.SpeechServer, o.Server, strings.Join(Servers(), ", "))
	}
	return nil
}

// Client asks one recognizer. It is safe for concurrent use; share one per process,
// because the limit of requests at a time is its own.
type Client struct {
	opt    Options
	server server
	host   string // scheme and host, for error messages
	http   *http.Client
	openai *openai.Client
	slots  chan struct{}
	// textOnly is set once the server has refused to say more than the text.
	textOnly atomic.Bool
	heard    *lru.Cache[pieceID, answer]
}

// maxHeard is how many pieces of recordings that failed are kept, some kilobytes each.
const maxHeard = 2000

// New makes a client. It sends nothing. Its errors are those of [Options.Validate].
func New(o Options) (*Client, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	u, err := url.Parse(o.BaseURL)
	if err != nil {
		return nil, err
	}
	c := &Client{opt: o, host: u.Scheme + "://" + u.Host}
	c.server, _ = serverOf(o.Server, u, o.Model)
	c.slots = make(chan struct{}, c.server.parallel)
	if c.heard, err = lru.New[pieceID, answer](maxHeard); err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = c.server.parallel
	c.http = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return errRedirected }}
	settings := openai.DefaultConfig("") // the key is the doer's
	settings.BaseURL = strings.TrimRight(o.BaseURL, "/")
	settings.HTTPClient = doer{c}
	c.openai = openai.NewClientWithConfig(settings)
	return c, nil
}

// Server names the kind of server that the client takes this one for.
func (c *Client) Server() string { return c.server.name }
