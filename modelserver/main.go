// Modelserver is the model server as a process of its own: OpenAI's endpoints
// for files, fine-tuning jobs, models and chat completions over a linear
// classifier that trains on the CPU and, where they are installed, open language
// models. See internal/modelserver.
//
//	modelserver [flags]                          serve until interrupted
//	modelserver health [flags]                   exit 0 if a server answers, 1 if not
//	modelserver assign [flags] NAME [WHAT ...]   give files, jobs and batches to a key
//
// Settings come from flags or the environment:
//
//	-address          SWITCHBOARD_MODELSERVER_ADDRESS          127.0.0.1:8090
//	-data             SWITCHBOARD_MODELSERVER_DATA             .switchboard/modelserver
//	                  SWITCHBOARD_MODELSERVER_KEYS             accepted API keys, with commas between
//	-keys-file        SWITCHBOARD_MODELSERVER_KEYS_FILE        JSON file of API keys with names and limits
//	-tls-cert         SWITCHBOARD_MODELSERVER_TLS_CERT         certificate in PEM form; with it, HTTPS
//	-tls-key          SWITCHBOARD_MODELSERVER_TLS_KEY          its key
//	-metrics-address  SWITCHBOARD_MODELSERVER_METRICS_ADDRESS  host and port for Prometheus, without a key
//	-max-disk         SWITCHBOARD_MODELSERVER_MAX_DISK         quota of the data directory, such as 20GB
//	-encoder          SWITCHBOARD_MODELSERVER_ENCODER          directory of a sentence encoder, for switchboard-hybrid-1
//	-language-models  SWITCHBOARD_MODELSERVER_LANGUAGE_MODELS  JSON file of language models that can be fine-tuned
//	-trainer          SWITCHBOARD_MODELSERVER_TRAINER          Python that runs the trainer: that of trainer/.venv
//	-max-training     SWITCHBOARD_MODELSERVER_MAX_TRAINING     memory that a training may take: 4GiB
//	-max-chats                                                 completions in work at once: one a processor
//	-max-waiting-chats                                         completions of a key that may wait: 1024
//	-drain                                                     how long to go on after SIGTERM: 0s
//	-faults                                                    JSON file of things that go wrong on purpose
//	-allow-faults     SWITCHBOARD_MODELSERVER_ALLOW_FAULTS     without it, or 1 there, -faults is refused
//	-debug                                                     log every request
//	-version                                                   print the version
//
// Keys have no flag, because other users of a machine can read the flags of a
// process. A file of keys may hold them hashed, and gives each a name for the
// log and limits of its own:
//
//	{"keys": [{"name": "reports", "sha256": "9f86...", "requests_per_minute": 600, "tokens_per_minute": 200000}]}
//
// What a key makes is seen by that key alone, and belongs to its name: a new
// key under the name finds it. A key without a name owns what it makes itself.
// "assign" moves things to another name while the server is stopped: files, jobs
// and batches by their ids, everything of an owner (a name, or "sha256:..." for a
// key without one, as the log tells it), or, if nothing is named, what was made
// before keys were tenants and belongs to nobody.
//
// For a team: a file of keys, a certificate, a quota, and /readyz, which says
// 503 where /healthz still says that the process lives. Metrics are at
// /metrics, for those who have a key, and on a listener of their own if
// -metrics-address is given. Certificate and keys are read again when their
// files change; everything else needs a restart.
//
// Exit codes: 0 done, 1 failed, 2 bad input, 3 something around the program is
// missing.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/dustin/go-humanize"

	"switchboard/internal/config"
	"switchboard/internal/console"
	"switchboard/internal/encoder"
	"switchboard/internal/endpoint"
	"switchboard/internal/languagemodel"
	"switchboard/internal/modelserver"
	"switchboard/internal/problem"
	"switchboard/internal/program"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "modelserver:", err)
	}
	os.Exit(exitCode(err))
}

func exitCode(err error) int {
	if errors.Is(err, flag.ErrHelp) {
		return problem.ExitDone
	}
	return problem.ExitCode(err)
}

type settings struct {
	address, data   string
	keysFile        string
	tlsCert, tlsKey string
	metricsAddress  string
	maxDisk         string
	maxTraining     string
	encoder         string
	languageModels  string
	trainer         string
	chats, waiting  int
	drain           time.Duration
	faults          string
	allowFaults     bool
	debug           bool
}

func (s *settings) register(flags *flag.FlagSet, env func(string) string) {
	text := func(into *string, name, setting, usage string) {
		flags.StringVar(into, name, config.Get(env, setting), usage)
	}
	text(&s.address, "address", config.ModelServerAddr, "host and port to serve on")
	text(&s.data, "data", config.ModelServerData, "data directory")
	text(&s.keysFile, "keys-file", config.ModelServerKeysFile, "JSON file of API keys with names and limits")
	text(&s.tlsCert, "tls-cert", config.ModelServerTLSCert, "certificate in PEM form, to serve HTTPS")
	text(&s.tlsKey, "tls-key", config.ModelServerTLSKey, "key of the certificate, in PEM form")
	text(&s.metricsAddress, "metrics-address", config.ModelServerMetricsAddr, "host and port to serve metrics on without an API key")
	text(&s.maxDisk, "max-disk", config.ModelServerMaxDisk, "quota of the data directory, such as 20GB; none if empty")
	text(&s.maxTraining, "max-training", config.ModelServerMaxTraining, "memory that a training may take, as it is estimated before it starts")
	text(&s.encoder, "encoder", config.ModelServerEncoder, "directory of a sentence encoder in ONNX, for the base model "+modelserver.HybridModel)
	text(&s.languageModels, "language-models", config.ModelServerLanguage, "JSON file of language models that can be fine-tuned")
	text(&s.trainer, "trainer", config.ModelServerTrainer, "Python that runs the trainer; that of trainer/.venv, if empty")
	flags.IntVar(&s.chats, "max-chats", 0, "chat completions in work at once; 0 is one a processor")
	flags.IntVar(&s.waiting, "max-waiting-chats", 0, "chat completions of a key that may wait for their turn; 0 is 1024")
	flags.DurationVar(&s.drain, "drain", 0, "how long to go on after being told to stop, while /readyz says no")
	flags.StringVar(&s.faults, "faults", "", "JSON file of things that go wrong on purpose, for tests")
	flags.BoolVar(&s.allowFaults, "allow-faults", env(config.ModelServerAllowFaults) == "1", "accept -faults")
	flags.BoolVar(&s.debug, "debug", false, "log every request")
}

// options reads the files that the settings name.
func (s settings) options(keys []string) (options modelserver.Options, err error) {
	options = modelserver.Options{Dir: s.data, Keys: keys, MaxChats: s.chats, MaxWaitingChats: s.waiting, Drain: s.drain}
	if s.keysFile != "" {
		if options.NamedKeys, err = modelserver.ReadKeys(s.keysFile); err != nil {
			return options, err
		}
	}
	if len(options.Keys)+len(options.NamedKeys) == 0 {
		return options, problem.Input("no API key is set: put at least one, such as the output of \"openssl rand -hex 24\", into %s or into a file for -keys-file", config.ModelServerKeys)
	}
	if s.maxDisk != "" {
		if options.MaxDiskBytes, err = size("-max-disk", s.maxDisk); err != nil {
			return options, err
		}
	}
	if options.MaxTrainingBytes, err = size("-max-training", s.maxTraining); err != nil {
		return options, err
	}
	if s.faults != "" {
		if !s.allowFaults {
			return options, problem.Input("-faults makes requests and jobs fail on purpose: remove it, or add -allow-faults if this server is for tests")
		}
		if options.Faults, err = modelserver.ReadFaults(s.faults); err != nil {
			return options, err
		}
	}
	return options, nil
}

func size(flag, text string) (int64, error) {
	bytes, err := humanize.ParseBytes(text)
	if err != nil || bytes == 0 || bytes > math.MaxInt64 {
		return 0, problem.Input("%s is %q: give a size such as 20GB", flag, text)
	}
	return int64(bytes), nil
}

// run does what the arguments ask for. Logs, usage and what assign did go to
// stderr.
func run(ctx context.Context, args []string, env func(string) string, stderr io.Writer) error {
	command := ""
	if len(args) > 0 && slices.Contains(commands, args[0]) {
		command, args = args[0], args[1:]
	}
	var s settings
	flags, showVersion := s.flags(env)
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		usage(flags, stderr)
		return err
	} else if err != nil {
		return flagProblem(flags, err)
	}
	if *showVersion {
		fmt.Fprintln(stderr, "modelserver", program.ReadBuild().Name())
		return nil
	}
	if command == "assign" {
		return assign(s.data, flags.Args(), stderr)
	}
	if flags.NArg() > 0 {
		return problem.Input("modelserver has no command %q; %s", flags.Arg(0), console.Hint(flags.Arg(0), "", commands, "modelserver"))
	}
	if (s.tlsCert == "") != (s.tlsKey == "") {
		return problem.Input("HTTPS needs both -tls-cert and -tls-key: give the other one too, or none")
	}
	if command == "health" {
		return check(ctx, s.address, s.tlsCert)
	}
	return serve(ctx, s, keys(env(config.ModelServerKeys)), stderr)
}

// commands are what the first argument can be.
var commands = []string{"health", "assign"}

// flags are those of all commands, and whether the version is asked for.
func (s *settings) flags(env func(string) string) (flags *flag.FlagSet, version *bool) {
	flags = flag.NewFlagSet("modelserver", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // which has all usage after every mistake
	s.register(flags, env)
	return flags, flags.Bool("version", false, "print the version and exit")
}

func usage(flags *flag.FlagSet, w io.Writer) {
	fmt.Fprint(w, `Serve OpenAI's endpoints for files, fine-tuning jobs, batches, models and chat
completions, over classifiers that train on the CPU, and over language models.

Usage:
  modelserver [flags]                          serve until interrupted
  modelserver health [flags]                   exit 0 if a server answers, 1 if not
  modelserver assign [flags] NAME [WHAT ...]   give files, jobs and batches to a key

Flags:
`)
	flags.SetOutput(w)
	flags.PrintDefaults()
}

// flagProblem says what is wrong with a flag, and which one may have been meant.
func flagProblem(flags *flag.FlagSet, err error) error {
	unknown, isUnknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !isUnknown {
		return problem.Input("%w; see `modelserver --help`", err)
	}
	var names []string
	flags.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	return problem.Input("unknown flag: -%s; %s", unknown, console.Hint(unknown, "-", names, "modelserver"))
}

func keys(list string) []string {
	var found []string
	for key := range strings.SplitSeq(list, ",") {
		if key = strings.TrimSpace(key); key != "" {
			found = append(found, key)
		}
	}
	return found
}

// assign gives what is in the data directory to the key of a name.
func assign(data string, args []string, stderr io.Writer) error {
	if len(args) == 0 {
		return problem.Input("assign needs the name of a key, and may have ids of files, jobs and batches, or their owners: modelserver assign -data DIRECTORY NAME")
	}
	changed, err := modelserver.Assign(data, args[0], args[1:])
	if err != nil {
		return err
	}
	fmt.Fprintf(stderr, "%d files, jobs and batches belong to %s now.\n", changed, args[0])
	return nil
}

func serve(ctx context.Context, s settings, keys []string, stderr io.Writer) (err error) {
	options, err := s.options(keys)
	if err != nil {
		return err
	}
	level := slog.LevelInfo
	if s.debug {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
	listener, err := net.Listen("tcp", s.address)
	if err != nil {
		return problem.New(problem.Environment, "cannot serve on %s: %w: stop what uses it, or set %s", s.address, err, config.ModelServerAddr)
	}
	defer listener.Close()
	if s.tlsCert != "" {
		certificate, err := openCertificate(s.tlsCert, s.tlsKey, log)
		if err != nil {
			return err
		}
		listener = tls.NewListener(listener, certificate.config())
	}
	options.Logger = log
	if s.encoder != "" {
		if options.Encoder, err = encoder.Load(ctx, s.encoder); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, options.Encoder.Close()) }()
		log.Info("sentence encoder loaded", "name", options.Encoder.Name(), "model", modelserver.HybridModel)
	}
	if s.languageModels != "" {
		if options.LanguageModels, err = languagemodel.Load(ctx, languagemodel.Options{File: s.languageModels, Python: s.trainer, Logger: log}); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, options.LanguageModels.Close()) }()
	}
	server, err := modelserver.New(options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	if s.keysFile != "" {
		go follow(ctx, s.keysFile, server, log)
	}
	if s.metricsAddress != "" {
		stop, err := serveMetrics(s.metricsAddress, server.Metrics(), log)
		if err != nil {
			return err
		}
		defer stop()
	}
	if options.Faults != nil {
		log.Warn("requests and jobs fail on purpose", "plan", s.faults)
	}
	log.Info("serving", "address", listener.Addr().String(), "model", modelserver.BaseModel)
	return server.Serve(ctx, listener)
}

// follow takes the keys up anew when their file has changed, until ctx ends: to
// take a key away from somebody must not make the job in training start over.
// A file that cannot be used leaves the keys as they are.
func follow(ctx context.Context, keysFile string, server *modelserver.Server, log *slog.Logger) {
	seen, _ := changed(keysFile) // just read; if it is gone, that is a change
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(lookEvery):
		}
		now, err := changed(keysFile)
		if err == nil && now[0].Equal(seen[0]) {
			continue
		}
		keys, err := modelserver.ReadKeys(keysFile)
		if err == nil {
			err = server.SetNamedKeys(keys)
		}
		switch {
		case err == nil:
			log.Info("API keys read again", "keys", len(keys))
		case !now[0].Equal(seen[0]): // once for each change
			log.Error("reading the changed API keys failed, the old ones stay", "error", err)
		}
		seen = now
	}
}

// serveMetrics answers /metrics on an address of its own, until stop is
// called. Who can reach the address needs no key.
func serveMetrics(address string, metrics http.Handler, log *slog.Logger) (stop func(), err error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, problem.New(problem.Environment, "cannot serve metrics on %s: %w: stop what uses it, or set %s", address, err, config.ModelServerMetricsAddr)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	server := &http.Server{Handler: mux, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("serving metrics ended", "error", err)
		}
	}()
	log.Info("serving metrics", "address", listener.Addr().String())
	return func() { _ = server.Close() }, nil
}

// check asks a server on this machine for its health, over HTTPS if it has a
// certificate.
func check(ctx context.Context, address, cert string) error {
	e := endpoint.Endpoint{Program: "the model server", Address: address, Cert: cert, AddressSetting: "-address", CertSetting: "-tls-cert"}
	return e.Ask(ctx, "/healthz")
}
