package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"switchboard/internal/callkey"
	"switchboard/internal/config"
	"switchboard/internal/dashboard"
	"switchboard/internal/embedded"
	"switchboard/internal/encoder"
	"switchboard/internal/intake"
	"switchboard/internal/languagemodel"
	"switchboard/internal/modelserver"
	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
	"switchboard/internal/temporal"
	"switchboard/worker/host"
)

type options struct {
	dir                             string
	temporalPort, uiPort, modelPort int
	kafkaPort, intakePort           int
	dashboardPort                   int
	encoder                         string
	languageModels, trainer         string
}

// partitions are those of the topics of calls: as many calls can be taken in by
// several intakes at once.
const partitions = 4

// stack is everything that runs, in the order in which it was started.
type stack struct {
	temporal *embedded.Server
	models   *models
	broker   *embedded.Broker // nil where the settings name another
	client   *temporal.Client
	host     *host.Host
	intake   *intake.Intake
	pages    *dashboard.Running
	// welcome is where the first admin chooses a password, empty once there is one.
	welcome string
	// speech and recordings are nil where the settings name a recognizer, or none
	// is installed.
	speech     *recognizer
	recordings *http.Server
	config     host.Options
}

// start starts everything, or nothing.
func start(ctx context.Context, o options) (_ *stack, err error) {
	own := os.Getenv(config.ProviderURL) == ""
	cfg, err := settings(os.Getenv, own)
	if err != nil {
		return nil, err
	}
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	connection, err := connectionOptions(logger)
	if err != nil {
		return nil, err
	}
	cfg.Log = logger
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return nil, problem.New(problem.Environment, "the folder %s cannot be used: %w; choose another with --data", o.dir, err)
	}
	s := &stack{config: cfg}
	defer func() {
		if err != nil {
			s.stop()
		}
	}()
	if err := s.startServers(ctx, o, own); err != nil {
		return nil, err
	}
	s.client, err = temporal.Dial(ctx, connection.OfServer(s.temporal.Address()))
	if err != nil {
		return nil, fmt.Errorf("connecting to the embedded Temporal server: %w", err)
	}
	if err := s.startSpeech(ctx); err != nil {
		return nil, err
	}
	if s.host, err = host.Start(ctx, s.client, s.config); err != nil {
		return nil, err
	}
	if s.intake, err = s.startIntake(ctx, o); err != nil {
		return nil, err
	}
	return s, s.startDashboard(ctx, o)
}

// startServers starts what the workers speak to: Temporal, and the model server and
// the broker unless the settings name others.
func (s *stack) startServers(ctx context.Context, o options, own bool) (err error) {
	if own {
		if err := embedded.CheckPort("the model server", o.modelPort, "--model-port"); err != nil {
			return err
		}
	}
	s.temporal, err = embedded.Start(ctx, embedded.Options{
		DataFile:         filepath.Join(o.dir, "temporal.db"),
		FrontendPort:     o.temporalPort,
		FrontendSetting:  "--temporal-port",
		UIPort:           o.uiPort,
		UISetting:        "--ui-port",
		SearchAttributes: pipeline.SearchAttributes,
		Log:              s.config.Log,
	})
	if err != nil {
		return err
	}
	if own {
		if s.models, err = startModels(ctx, o, s.config.Log); err != nil {
			return err
		}
		s.config.ProviderURL, s.config.ProviderKey = s.models.url, s.models.key
	}
	if len(s.config.Kafka.Brokers) == 0 {
		if s.broker, err = embedded.StartBroker(embedded.BrokerOptions{
			Dir: filepath.Join(o.dir, "kafka"), Port: o.kafkaPort, PortSetting: "--kafka-port", Partitions: partitions,
		}); err != nil {
			return err
		}
		s.config.Kafka.Brokers = []string{s.broker.Address()}
	}
	return nil
}

// startSpeech lets recordings be transcribed, if a recognizer is installed.
func (s *stack) startSpeech(ctx context.Context) (err error) {
	if s.config.SpeechURL != "" {
		return nil
	}
	if s.speech, err = startRecognizer(); err != nil || s.speech == nil {
		return err
	}
	s.config.SpeechURL = s.speech.url
	if s.recordings = serveRecordings(ctx); s.recordings != nil {
		s.config.AudioHosts = withRecordings(s.config.AudioHosts)
	}
	return nil
}

// startIntake takes calls in, with the key that the model server has too.
func (s *stack) startIntake(ctx context.Context, o options) (*intake.Intake, error) {
	settings, err := intake.Load(os.Getenv)
	if err != nil {
		return nil, err
	}
	settings.Kafka, settings.Partitions = s.config.Kafka, partitions
	settings.Address = net.JoinHostPort("127.0.0.1", strconv.Itoa(o.intakePort))
	if len(settings.Keys) == 0 {
		key, err := ownKey(filepath.Join(o.dir, config.KeyFile))
		if err != nil {
			return nil, err
		}
		settings.Keys = []string{key}
	}
	settings.Runs = intake.Workflows{Client: s.client, Namespace: s.client.Namespace}
	settings.Switch, settings.Issued, settings.Log = s.host.Results(), callkey.New(s.host.Database()), s.config.Log
	return intake.Start(ctx, settings)
}

// startDashboard shows the pages, over the worker's database.
func (s *stack) startDashboard(ctx context.Context, o options) error {
	place := dashboard.LoadPlace(os.Getenv)
	place.Address = net.JoinHostPort("127.0.0.1", strconv.Itoa(o.dashboardPort))
	if err := embedded.CheckPort("the dashboard", o.dashboardPort, "--dashboard-port"); err != nil {
		return err
	}
	over, err := dashboard.Over(s.host.Database(), place, os.Getenv)
	if err != nil {
		return err
	}
	over.Temporal, over.WebUI, over.Log = s.client, s.temporal.UIURL(), s.config.Log
	pages, err := dashboard.New(over)
	if err != nil {
		return err
	}
	if s.pages, err = dashboard.Start(pages, place, s.config.Log); err != nil {
		return err
	}
	s.pages.Announce(s.client)
	go pages.Prepare(ctx)
	if place.URL == "" {
		place.URL = s.pages.URL()
	}
	s.welcome, err = over.Welcome(ctx, place)
	return err
}

// connectionOptions are those for the server that this process starts, but for its
// address. A mistake in them is found before anything has started.
func connectionOptions(logger *slog.Logger) (temporal.Options, error) {
	o, err := temporal.Load(os.Environ(), "")
	if err != nil {
		return o, err
	}
	o.Log = logger
	return o, o.OfServer("").Validate()
}

// settings reads the settings. With a model server of its own the provider's key
// is not looked for: this start makes it, also where OPENAI_API_KEY_FILE names
// the file that it will be in.
func settings(getenv func(string) string, own bool) (host.Options, error) {
	if !own {
		return host.Load(getenv)
	}
	return host.Load(func(name string) string {
		if name == config.ProviderKey {
			return "made later"
		}
		return getenv(name)
	})
}

// stop ends what runs: the pages and the intake first, for it gives work to the worker, and then
// the worker, so that it can still report.
func (s *stack) stop() {
	if s.pages != nil {
		s.pages.Stop()
	}
	if s.intake != nil {
		s.intake.Stop()
	}
	if s.host != nil {
		s.host.Stop()
	}
	if s.client != nil {
		s.client.Close()
	}
	if s.broker != nil {
		s.broker.Stop()
	}
	if s.recordings != nil {
		_ = s.recordings.Close() // nobody transcribes now
	}
	if s.speech != nil {
		s.speech.stop()
	}
	if s.models != nil {
		s.models.stop()
	}
	if s.temporal != nil {
		s.temporal.Stop()
	}
}

// environ is what the starter needs to find the stack.
func (s *stack) environ() []string {
	return append(os.Environ(), "TEMPORAL_ADDRESS="+s.temporal.Address())
}

// models is the model server with its listener.
type models struct {
	url, key string
	server   *modelserver.Server
	encoder  *encoder.Encoder      // nil without one
	language *languagemodel.Models // nil without any
	http     *http.Server
	log      *slog.Logger
}

func startModels(ctx context.Context, o options, logger *slog.Logger) (_ *models, err error) {
	m := &models{log: logger}
	defer func() {
		if err != nil {
			m.stop()
		}
	}()
	if o.encoder != "" {
		if m.encoder, err = encoder.Load(ctx, o.encoder); err != nil {
			return nil, err
		}
	}
	if o.languageModels != "" {
		if m.language, err = languagemodel.Load(ctx, languagemodel.Options{File: o.languageModels, Python: o.trainer, Logger: logger}); err != nil {
			return nil, err
		}
	}
	m.key, err = ownKey(filepath.Join(o.dir, config.KeyFile))
	if err != nil {
		return nil, err
	}
	most, err := maxTraining()
	if err != nil {
		return nil, err
	}
	m.server, err = modelserver.New(modelserver.Options{
		// With a name, what is there outlives the key, which is made anew where
		// its file is lost.
		NamedKeys: []modelserver.Key{{Name: "standalone", Key: m.key}},
		Dir:       filepath.Join(o.dir, config.ModelServerDir), Encoder: m.encoder, LanguageModels: m.language, MaxTrainingBytes: most, Logger: logger,
	})
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(o.modelPort)))
	if err != nil {
		return nil, problem.New(problem.Environment, "the model server cannot listen on port %d: %w; choose another with --model-port", o.modelPort, err)
	}
	m.url = "http://" + listener.Addr().String() + "/v1"
	m.http = &http.Server{Handler: m.server, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := m.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			logger.Error("The model server stopped.", "error", err)
		}
	}()
	return m, nil
}

// maxTraining is the memory that a training may take, in bytes.
func maxTraining() (int64, error) {
	text := config.Get(os.Getenv, config.ModelServerMaxTraining)
	most, err := humanize.ParseBytes(text)
	if err != nil || most == 0 || most > math.MaxInt64 {
		return 0, problem.Input("%s is %q: give a size such as 8GiB", config.ModelServerMaxTraining, text)
	}
	return int64(most), nil
}

func (m *models) stop() {
	if m.http != nil {
		_ = m.http.Close() // the worker, its one client, has stopped
	}
	var err error
	if m.server != nil {
		err = m.server.Close()
	}
	if m.encoder != nil {
		err = errors.Join(err, m.encoder.Close())
	}
	if m.language != nil {
		err = errors.Join(err, m.language.Close())
	}
	if err != nil {
		m.log.Error("The model server did not stop well.", "error", err)
	}
}

// ownKey returns the key in a file, and makes one first if there is none. It
// keeps other users of the machine out.
func ownKey(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err == nil {
		return strings.TrimSpace(string(text)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", problem.New(problem.Environment, "the API key in %s cannot be read: %w", file, err)
	}
	key := "sk-" + rand.Text()
	if err := os.WriteFile(file, []byte(key+"\n"), 0o600); err != nil {
		return "", problem.New(problem.Environment, "the API key cannot be kept in %s: %w", file, err)
	}
	return key, nil
}

// stay runs the stack until ctx ends or something of it fails.
func stay(ctx context.Context, o options, out io.Writer) error {
	s, err := start(ctx, o)
	if err != nil {
		return err
	}
	defer s.stop()
	fmt.Fprint(out, s.ready())
	select {
	case <-ctx.Done():
		return nil
	case err := <-s.host.Failed():
		return fmt.Errorf("running the worker: %w", err)
	case err := <-s.intake.Failed():
		return fmt.Errorf("running the intake: %w", err)
	case err := <-s.pages.Failed():
		return fmt.Errorf("running the dashboard: %w", err)
	}
}
