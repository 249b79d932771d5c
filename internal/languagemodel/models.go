package languagemodel

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"switchboard/internal/problem"
)

// Options say which language models there are, and what trains them.
type Options struct {
	// File is the file of base models: see [ReadBases].
	File string
	// Python is the program that runs the trainer; "" means the one in the virtual
	// environment trainer/.venv beside this program or in the working directory.
	Python string
	// Logger gets which models are there and which are not; nil means
	// [slog.Default].
	Logger *slog.Logger
}

// Models are the language models of a server. They may be used from several
// goroutines.
type Models struct {
	bases   []Base           // those that are there
	absent  map[string]error // why others are not, by name
	program program
	log     *slog.Logger
	// idle is how long a child lives that nobody asks, and saving how long one that is
	// to stop may take to save its state.
	idle, saving time.Duration

	mu     sync.Mutex
	closed bool
	asked  map[string]*respondent // by the base's name
	facts  map[string]Facts       // the same
}

// idleTime is how long a model stays in memory that nobody asks.
const idleTime = 10 * time.Minute

// Load reads the file of base models, and holds each against its SHA-256. One that
// is not there or has another is logged and left out; a file that cannot be used is
// a [problem.Error]. The context bounds the loading alone.
func Load(ctx context.Context, o Options) (*Models, error) {
	bases, err := ReadBases(o.File)
	if err != nil {
		return nil, err
	}
	m := &Models{absent: map[string]error{}, log: o.Logger, idle: idleTime, saving: saveTime, asked: map[string]*respondent{}, facts: map[string]Facts{}}
	if m.log == nil {
		m.log = slog.Default()
	}
	found, noTrainer := findProgram(o.Python)
	m.program = found
	for _, b := range bases {
		err := noTrainer
		if err == nil {
			err = b.verify(ctx)
		}
		if ctx.Err() != nil {
			return nil, problem.New(problem.Environment, "checking the language models was interrupted: %w", ctx.Err())
		}
		if err != nil {
			m.absent[b.Name] = err
			m.log.Error("a language model is not available", "name", b.Name, "reason", err)
			continue
		}
		m.bases = append(m.bases, b)
		m.log.Info("language model available", "name", b.Name, "kind", b.Kind, "licence", b.Licence)
	}
	return m, nil
}

// Bases returns those that are there, in the order of the file. Models that are nil
// have none.
func (m *Models) Bases() []Base {
	if m == nil {
		return nil
	}
	return slices.Clone(m.bases)
}

// Base returns the base of a name, and false if it is not there.
func (m *Models) Base(name string) (Base, bool) {
	for _, b := range m.Bases() {
		if b.Name == name {
			return b, true
		}
	}
	return Base{}, false
}

// Names returns the names of all that the file has, there or not.
func (m *Models) Names() []string {
	var names []string
	for _, b := range m.Bases() {
		names = append(names, b.Name)
	}
	if m != nil {
		for name := range m.absent {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Close ends the children that answer. Training must have ended before.
func (m *Models) Close() error {
	m.mu.Lock()
	m.closed = true
	asked := m.asked
	m.asked = nil
	m.mu.Unlock()
	for _, r := range asked {
		r.close()
	}
	return nil
}

// Facts are what is known of a base without reading its weights.
type Facts struct {
	Parameters   int64
	Architecture string
	// Device is "cpu", or "cuda:" and the name of what the trainer computes on.
	Device string
	// Context is how many tokens the model reads at most.
	Context int
}

// checkTime is how long the trainer may take to look at a base: Python's libraries
// are large.
const checkTime = 5 * time.Minute

// Check asks the trainer about a base, once: what it said is remembered. The error is
// a [Failure], or the context's.
func (m *Models) Check(ctx context.Context, name string) (Facts, error) {
	base, ok := m.Base(name)
	if !ok {
		return Facts{}, Failure{Code: codeBadModel}
	}
	m.mu.Lock()
	facts, known := m.facts[name]
	m.mu.Unlock()
	if known {
		return facts, nil
	}
	facts, err := m.check(ctx, base)
	if err == nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.facts[name] = facts
	}
	return facts, err
}

func (m *Models) check(ctx context.Context, base Base) (Facts, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, checkTime, errSilent)
	defer cancel()
	c, err := m.program.start(m.log, "check", "--base", base.Path, "--kind", string(base.Kind))
	if err != nil {
		return Facts{}, err
	}
	defer context.AfterFunc(ctx, c.kill)()
	defer c.end(0)
	var said struct {
		Type, Code, Architecture, Device string
		Parameters                       int64
		Context                          int
	}
	err = c.next(&said)
	switch {
	case ctx.Err() != nil:
		return Facts{}, context.Cause(ctx)
	case err != nil:
		return Facts{}, err
	case said.Type == "error":
		return Facts{}, failure(said.Code)
	case said.Type != "checked" || said.Parameters <= 0:
		return Facts{}, fmt.Errorf("checking a language model: %w", errProtocol)
	}
	return Facts{Parameters: said.Parameters, Architecture: said.Architecture, Device: deviceOf(said.Device), Context: said.Context}, nil
}

// errClosed is why nothing is answered any more.
var errClosed = errors.New("the language models are closed")
