package modelserver

import (
	"cmp"
	"crypto/sha256"
	"log/slog"
	"runtime"
	"slices"
	"time"

	"switchboard/internal/encoder"
	"switchboard/internal/languagemodel"
	"switchboard/internal/problem"
)

// Options configure a [Server].
type Options struct {
	// Dir is the data directory. It is made if it is missing, and belongs
	// to one server at a time.
	Dir string
	// Keys are API keys that are accepted, without limits. At least one is
	// needed, here or among NamedKeys: a server without keys would give the
	// training texts to whoever asks.
	Keys []string
	// NamedKeys are API keys with a name and limits: see [ReadKeys].
	NamedKeys []Key
	// MaxFileBytes bounds one uploaded file; 0 means 512 MiB, as at OpenAI.
	MaxFileBytes int64
	// MaxActiveJobs bounds the jobs of a key that are waiting, running or
	// paused, of which one trains at a time; 0 means 16. One more is answered
	// with 429.
	MaxActiveJobs int
	// MaxTrainingBytes bounds the memory of a training, as it is estimated
	// before it starts; 0 means 4 GiB. A job that needs more fails.
	MaxTrainingBytes int64
	// MaxChats bounds the chat completions in work at once; 0 means as many
	// as Go uses processors. MaxWaitingChats bounds those of a key that wait
	// for their turn; 0 means 1024. One more is answered with 503.
	MaxChats, MaxWaitingChats int
	// MaxDiskBytes bounds the data directory: uploads, jobs and models; 0 sets
	// no bound. What would go over it is refused with 413.
	MaxDiskBytes int64
	// Drain is how long the server goes on after it was told to stop, while
	// it says that it is not ready: time for a load balancer to notice.
	Drain time.Duration
	// Encoder makes [HybridModel] available, which learns from its sentence
	// embeddings too; nil means none. It has to outlive the server.
	Encoder *encoder.Encoder
	// LanguageModels are further base models, each under its own name; nil means
	// none. They have to outlive the server.
	LanguageModels *languagemodel.Models
	// Faults go wrong on purpose; nil means none. They are for tests.
	Faults *Faults
	// Logger gets job starts and ends as information, failures as errors
	// and requests for debugging; nil means [slog.Default].
	Logger *slog.Logger
}

// Validate reports the first option that cannot be used.
func (o Options) Validate() error {
	switch {
	case o.Dir == "":
		return problem.Input("the model server has no data directory: set one")
	case len(o.Keys)+len(o.NamedKeys) == 0:
		return problem.Input("the model server has no API key: set at least one, such as the output of \"openssl rand -hex 24\"")
	case slices.ContainsFunc(o.Keys, func(k string) bool { return !usable(k) }):
		return problem.Input("an API key of the model server is empty or has blanks around it: remove them")
	case o.MaxFileBytes < 0:
		return problem.Input("the largest file size is %d bytes: give a number above 0", o.MaxFileBytes)
	case o.MaxActiveJobs < 0:
		return problem.Input("the number of active jobs is %d: give a number above 0", o.MaxActiveJobs)
	case o.MaxTrainingBytes < 0:
		return problem.Input("the memory of a training is %d bytes: give a number above 0", o.MaxTrainingBytes)
	case o.MaxChats < 0 || o.MaxWaitingChats < 0:
		return problem.Input("the numbers of chat completions in work and waiting are %d and %d: give numbers above 0", o.MaxChats, o.MaxWaitingChats)
	case o.MaxDiskBytes < 0:
		return problem.Input("the quota of the disk is %d bytes: give a number above 0", o.MaxDiskBytes)
	case o.Drain < 0:
		return problem.Input("the time to drain is %v: give a time above 0", o.Drain)
	}
	if err := checkNames(o.LanguageModels); err != nil {
		return err
	}
	for i, k := range o.NamedKeys {
		if slices.ContainsFunc(o.Keys, func(key string) bool { return key == k.Name || sha256.Sum256([]byte(key)) == k.sum() }) {
			return problem.Input("API key %d with a name is, or is named like, one without: take that one away", i+1)
		}
	}
	return validateKeys(o.NamedKeys)
}

// withDefaults replaces the zeros that stand for something else.
func (o Options) withDefaults() Options {
	o.MaxFileBytes = cmp.Or(o.MaxFileBytes, 512<<20)
	o.MaxActiveJobs = cmp.Or(o.MaxActiveJobs, 16)
	o.MaxTrainingBytes = cmp.Or(o.MaxTrainingBytes, 4<<30)
	o.MaxChats = cmp.Or(o.MaxChats, runtime.GOMAXPROCS(0))
	o.MaxWaitingChats = cmp.Or(o.MaxWaitingChats, 1024)
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return o
}
