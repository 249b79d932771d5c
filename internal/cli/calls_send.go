package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"switchboard/internal/call"
	"switchboard/internal/config"
	"switchboard/internal/problem"
)

// Bounds of sending.
const (
	sendTimeout  = 30 * time.Second
	sendAtOnce   = 8
	maxEventSize = call.MaxEvent
	// An intake that has too much to do, or no Kafka, is asked again.
	sendAttempts = 6
	leastWait    = time.Second
	mostWait     = 10 * time.Second
)

func (a *app) callsSendCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "send FILE.json|FOLDER...",
		Short: "Send events of calls to the intake",
		Long: `Send events of calls to the intake, over HTTP (` + config.IntakeURL + `,
` + config.IntakeKey + `). Each file is one event; of a folder, all files that end in
.json are sent. An event that was sent before is not analyzed twice. Nothing that is
said in a call passes through Temporal.

The format of an event is in docs/reference.md.`,
		Example: "  starter calls send datasets/sample/calls\n  starter calls send call-0042.json",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return problem.Input("no events are given; name files, or a folder of them")
			}
			return nil
		},
		RunE: a.do(func(ctx context.Context, _ *cobra.Command, args []string) (view, error) {
			files, err := eventFiles(args)
			if err != nil {
				return nil, err
			}
			return a.sendCalls(ctx, files)
		}),
	}
}

// eventFiles are the files that are named, and those of the folders.
func eventFiles(args []string) ([]string, error) {
	var files []string
	for _, arg := range args {
		info, err := os.Stat(arg)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, problem.Input("there is no file or folder %s", arg)
		case err != nil:
			return nil, problem.Input("%s cannot be read: %w", arg, err)
		case !info.IsDir():
			files = append(files, arg)
			continue
		}
		inside, err := filepath.Glob(filepath.Join(arg, "*.json"))
		if err != nil || len(inside) == 0 {
			return nil, problem.Input("the folder %s has no files that end in .json", arg)
		}
		slices.Sort(inside)
		files = append(files, inside...)
	}
	return files, nil
}

// sender posts events to the intake.
type sender struct {
	url, key string
	http     *http.Client
}

// sender is the one of the settings.
func (a *app) sender() (sender, error) {
	address := strings.TrimSuffix(config.Get(a.getenv, config.IntakeURL), "/")
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return sender{}, problem.Input("%s is no address of an intake; give a URL such as http://127.0.0.1:8091", config.IntakeURL)
	}
	key, err := config.IntakeKeyOf(a.getenv)
	if err != nil {
		return sender{}, err
	}
	if key == "" {
		return sender{}, problem.New(problem.Environment, "there is no key for the intake: %s is not set, and there is no file %s, which `go run ./standalone` makes where it runs; set %s or %s",
			config.IntakeKey, config.Get(a.getenv, config.IntakeKeyFile), config.IntakeKey, config.IntakeKeyFile)
	}
	return sender{address, key, &http.Client{
		Timeout: sendTimeout,
		// An event goes where it was to go, and nowhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// sendCalls sends all files, some at once. One that is refused does not keep the
// others; an intake that cannot be reached ends it.
func (a *app) sendCalls(ctx context.Context, files []string) (view, error) {
	s, err := a.sender()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	names := make(chan string)
	done := sentCalls{tasks: map[string]bool{}}
	var mu sync.Mutex
	var senders sync.WaitGroup
	for range sendAtOnce {
		senders.Go(func() {
			for name := range names {
				task, refusal, err := s.send(ctx, name)
				mu.Lock()
				switch {
				case err != nil:
					cancel(err)
				case refusal != "":
					done.Refused = append(done.Refused, refusedCall{name, refusal})
				default:
					done.Sent++
					done.tasks[task] = true
				}
				mu.Unlock()
			}
		})
	}
	for _, name := range files {
		select {
		case names <- name:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(names)
	senders.Wait()
	slices.SortFunc(done.Refused, func(a, b refusedCall) int { return cmp.Compare(a.File, b.File) })
	if err := context.Cause(ctx); err != nil {
		return done, err
	}
	if n := len(done.Refused); n > 0 {
		return done, problem.Input("%s of %s refused; correct the files and send them again", count(int64(n), "event"), number(int64(len(files))))
	}
	return done, nil
}

// send posts one event, and returns its task. What the intake has against it is the
// refusal; an error is one that all events would meet.
func (s sender) send(ctx context.Context, file string) (task, refusal string, err error) {
	content, err := readEvent(file)
	if err != nil {
		return "", err.Error(), nil
	}
	_, task = call.Peek(content)
	for attempt := 1; ; attempt++ {
		refusal, wait, err := s.post(ctx, content)
		if wait == 0 || attempt == sendAttempts {
			return task, refusal, err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return "", "", context.Cause(ctx)
		}
	}
}

// post sends an event once. A wait is how long the intake asks to leave it alone.
func (s sender) post(ctx context.Context, content []byte) (refusal string, wait time.Duration, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/v1/calls", bytes.NewReader(content))
	if err != nil {
		return "", 0, fmt.Errorf("making a request to the intake: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+s.key)
	answer, err := s.http.Do(request)
	if err != nil {
		return "", 0, problem.New(problem.Environment, "no intake answers at %s: %s; start one with `go run ./intake`, or everything with `go run ./standalone`, or set %s", s.url, problem.Broken(err), config.IntakeURL)
	}
	defer answer.Body.Close()
	refusal, err = judged(s.url, answer.StatusCode, content)
	if answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode == http.StatusServiceUnavailable {
		wait = leastWait
		if n, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil {
			wait = min(max(time.Duration(n)*time.Second, leastWait), mostWait)
		}
	}
	return refusal, wait, err
}

func readEvent(file string) ([]byte, error) {
	f, err := openInput(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxEventSize+1))
	if err != nil {
		return nil, fmt.Errorf("reading the event: %w", err)
	}
	if len(content) > maxEventSize {
		return nil, fmt.Errorf("longer than %s bytes; give a long recording as an audio_url", number(maxEventSize))
	}
	return content, nil
}

// judged is what the intake's status means. Nothing else of its answer is read: what
// is wrong with an event is found here, in words that quote nothing.
func judged(url string, status int, event []byte) (refusal string, err error) {
	switch {
	case status >= 200 && status < 300:
		return "", nil
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return "", problem.New(problem.Environment, "the intake at %s refuses the key; set %s or %s", url, config.IntakeKey, config.IntakeKeyFile)
	case status == http.StatusBadRequest || status == http.StatusRequestEntityTooLarge || status == http.StatusUnprocessableEntity:
		e, err := call.Parse(event)
		if err == nil {
			err = e.CheckTime(time.Now())
		}
		if err == nil {
			return "the intake cannot use it; it may be of another version", nil
		}
		return err.Error(), nil
	default:
		return "", problem.New(problem.Environment, "the intake at %s answers %d %s; look at its log and send again, which doubles nothing", url, status, http.StatusText(status))
	}
}

// sentCalls counts what was sent.
type sentCalls struct {
	Sent    int           `json:"sent"`
	Refused []refusedCall `json:"refused,omitempty"`
	// tasks are those of the calls that were sent.
	tasks map[string]bool
}

type refusedCall struct {
	File   string `json:"file"`
	Reason string `json:"reason"`
}

func (s sentCalls) write(t *text) {
	t.line("%s sent", count(int64(s.Sent), "call"))
	for _, r := range s.Refused {
		t.line("refused %s: %s", r.File, r.Reason)
	}
	// Each list is of one task.
	var lists []string
	for _, task := range slices.Sorted(maps.Keys(s.tasks)) {
		lists = append(lists, "starter calls list"+taskOption(task))
	}
	t.fact("next", lists...)
}
