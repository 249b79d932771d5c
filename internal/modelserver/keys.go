package modelserver

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"

	"switchboard/internal/problem"
)

// Key is an API key with a name and limits. A limit that is zero is none, or has
// the default that its field names.
type Key struct {
	// Name stands for the key in the log and the metrics, and owns what is made
	// with it: a key that takes its place under the same name finds everything
	// there. Lower-case letters, digits, dashes and underscores.
	Name string `json:"name"`
	// Key is the key itself. Instead of it, SHA256 may have its SHA-256 in
	// hexadecimal digits, so that who reads the file cannot use it. One round
	// is enough for a key that was drawn at random, and for no other.
	Key    string `json:"key"`
	SHA256 string `json:"sha256"`
	// RequestsPerMinute and TokensPerMinute are what the holder may spend.
	RequestsPerMinute int `json:"requests_per_minute"`
	TokensPerMinute   int `json:"tokens_per_minute"`
	// Admin lets the holder see, use and remove what other keys made, and read
	// the metrics. What it makes is its own.
	Admin bool `json:"admin"`
	// ActiveJobs bounds the jobs that wait, run or are paused, and the batches
	// that wait or run, each; 0 means [Options.MaxActiveJobs].
	ActiveJobs int `json:"active_jobs"`
	// TrainingTokens bounds the tokens of all active jobs: those of a training
	// file, times the epochs.
	TrainingTokens int64 `json:"training_tokens"`
	// Bytes bounds what is stored, with the room that is kept free for jobs.
	Bytes int64 `json:"bytes"`
	// OpenUploads bounds the uploads at once; 0 means 16.
	OpenUploads int `json:"open_uploads"`
	// UploadRate is the least that an upload has to bring in a second, in
	// bytes, after the first 30 seconds; 0 means 1024.
	UploadRate int64 `json:"upload_bytes_per_second"`
}

// Defaults of limits.
const (
	defaultOpenUploads = 16
	defaultUploadRate  = 1 << 10
)

// limits are those of a [Key] besides its rates, with their defaults.
type limits struct {
	ActiveJobs, OpenUploads           int
	TrainingTokens, Bytes, UploadRate int64
}

// limits returns what a key may; the zero key stands for one without a name.
func (o Options) limits(k Key) limits {
	return limits{
		ActiveJobs: cmp.Or(k.ActiveJobs, o.MaxActiveJobs), OpenUploads: cmp.Or(k.OpenUploads, defaultOpenUploads),
		TrainingTokens: k.TrainingTokens, Bytes: k.Bytes, UploadRate: cmp.Or(k.UploadRate, defaultUploadRate),
	}
}

var keyName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

// validate never repeats what was given: it may be a key in the wrong place.
func (k Key) validate() error {
	hash, err := hex.DecodeString(k.SHA256)
	switch {
	case !keyName.MatchString(k.Name):
		return errors.New("its name is missing or is not made of at most 63 lower-case letters, digits, dashes and underscores")
	case (k.Key == "") == (k.SHA256 == ""):
		return errors.New("it needs either key or sha256")
	case k.Key != "" && !usable(k.Key):
		return errors.New("its key has blanks around it")
	case k.SHA256 != "" && (err != nil || len(hash) != sha256.Size):
		return errors.New("its sha256 has not 64 hexadecimal digits: printf %s KEY | sha256sum gives them")
	case k.Key == k.Name:
		return errors.New("its name is its key, which would be in the log")
	case min(int64(k.RequestsPerMinute), int64(k.TokensPerMinute), int64(k.ActiveJobs), int64(k.OpenUploads), k.TrainingTokens, k.Bytes, k.UploadRate) < 0:
		return errors.New("one of its limits is below 0: leave it out for the default")
	}
	return nil
}

func usable(key string) bool { return key != "" && strings.TrimSpace(key) == key }

func (k Key) sum() (sum [sha256.Size]byte) {
	if k.Key != "" {
		return sha256.Sum256([]byte(k.Key))
	}
	_, _ = hex.Decode(sum[:], []byte(k.SHA256)) // validated
	return sum
}

// ReadKeys reads a file of keys: {"keys": [...]} with the fields of [Key]. The
// errors are problems of kind BadInput that name the file and the key by its
// place and never hold what a key is.
func ReadKeys(path string) ([]Key, error) {
	var content struct {
		Keys []Key `json:"keys"`
	}
	if err := readStrict(path, &content); err != nil {
		if strings.Contains(err.Error(), "unknown field") {
			// The name of the field may be a key.
			return nil, problem.Input("%s has an unknown field: a key has name, key or sha256, and may have admin, requests_per_minute, tokens_per_minute, active_jobs, training_tokens, bytes, open_uploads and upload_bytes_per_second", path)
		}
		return nil, problem.Input("%s is no file of API keys: %w", path, err)
	}
	if len(content.Keys) == 0 {
		return nil, problem.Input("%s has no API key: put at least one into its list \"keys\"", path)
	}
	if err := validateKeys(content.Keys); err != nil {
		return nil, problem.Input("%s: %w", path, err)
	}
	return content.Keys, nil
}

func validateKeys(keys []Key) error {
	names := map[string]bool{}
	sums := map[[sha256.Size]byte]bool{}
	for i, k := range keys {
		if err := k.validate(); err != nil {
			return problem.Input("API key %d: %w", i+1, err)
		}
		if names[k.Name] || sums[k.sum()] {
			return problem.Input("API key %d has the name or the value of an earlier one: each has its own", i+1)
		}
		names[k.Name], sums[k.sum()] = true, true
	}
	return nil
}

// readStrict reads one JSON value without unknown fields from a file.
func readStrict(path string, into any) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	err = decoder.Decode(into)
	var syntax *json.SyntaxError
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return problem.Input("line %d is not valid JSON", lineOf(content, syntax.Offset))
	case errors.As(err, &wrongType):
		return problem.Input("line %d: the field %q has a value of the wrong type: it takes a %s", lineOf(content, wrongType.Offset), wrongType.Field, wrongType.Type)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it ends too early")
	case err != nil:
		return err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return problem.Input("line %d: there is something after the end", lineOf(content, decoder.InputOffset()))
	}
	return nil
}

func lineOf(content []byte, offset int64) int {
	return 1 + bytes.Count(content[:min(int(offset), len(content))], []byte("\n"))
}

// holder is who has a key: what is left of its rates, nil where there is none,
// and its other limits. Keys without a name have no rates.
type holder struct {
	name             string
	owner            string // of what is made with the key; empty for nobody
	admin            bool
	sum              [sha256.Size]byte
	requests, tokens *bucket
	limits           limits
}

// holdersOf returns who has the keys of the options. Who was there before, with
// the same limits, keeps what was spent.
func holdersOf(o Options, before []*holder) []*holder {
	var holders []*holder
	for _, key := range o.Keys {
		sum := sha256.Sum256([]byte(key))
		holders = append(holders, &holder{sum: sum, owner: unnamedOwner(sum), limits: o.limits(Key{})})
	}
	for _, key := range o.NamedKeys {
		h := &holder{
			name: key.Name, owner: key.Name, admin: key.Admin, sum: key.sum(), limits: o.limits(key),
			requests: newBucket(key.RequestsPerMinute), tokens: newBucket(key.TokensPerMinute),
		}
		for _, old := range before {
			if old.sum == h.sum || old.owner == h.owner {
				h.requests, h.tokens = h.requests.after(old.requests), h.tokens.after(old.tokens)
			}
		}
		holders = append(holders, h)
	}
	return holders
}

// SetNamedKeys replaces the keys with names, from the next request on. Names
// whose limits are as before keep what was spent of them. What belongs to a name
// that is gone stays, unseen, until the name is there again. The error, a problem
// of kind BadInput, leaves the keys as they were.
func (s *Server) SetNamedKeys(keys []Key) error {
	s.keysMu.Lock()
	defer s.keysMu.Unlock()
	options := s.options
	options.NamedKeys = keys
	if err := options.Validate(); err != nil {
		return err
	}
	holders := holdersOf(options, *s.holders.Load())
	s.holders.Store(&holders)
	return nil
}

// authenticate returns who holds the key of a request.
func (s *Server) authenticate(w http.ResponseWriter, r *http.Request) (*holder, error) {
	key, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	given := sha256.Sum256([]byte(strings.TrimSpace(key)))
	var found *holder
	for _, h := range *s.holders.Load() { // all of them, so that time tells nothing
		if subtle.ConstantTimeCompare(given[:], h.sum[:]) == 1 {
			found = h
		}
	}
	if bearer && found != nil {
		return found, nil
	}
	w.Header().Set("WWW-Authenticate", "Bearer")
	if key == "" {
		return nil, invalid(http.StatusUnauthorized, "", "",
			"You didn't provide an API key. Provide it in an Authorization header: \"Authorization: Bearer YOUR_KEY\".")
	}
	return nil, invalid(http.StatusUnauthorized, "", "invalid_api_key", "Incorrect API key provided.")
}

// exchange is what is known of a request besides its content. It travels in
// the request's context.
type exchange struct {
	holder *holder      // of nothing until the key was accepted
	body   *watchedBody // nil if the request has none
}

type exchangeKey struct{}

// exchangeOf returns a request's exchange; an empty one for a request that
// came by another way than [Server.ServeHTTP].
func exchangeOf(ctx context.Context) *exchange {
	if e, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return e
	}
	return &exchange{holder: &holder{}}
}
