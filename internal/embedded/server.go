package embedded

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"
	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	uioptions "github.com/temporalio/ui-server/v2/server/server_options"
	"go.temporal.io/sdk/client"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/temporal"

	"switchboard/internal/problem"
)

// DefaultNamespace is the namespace of a server whose options name none.
const DefaultNamespace = client.DefaultNamespace

// DefaultRetention is how long a finished workflow stays readable by default.
// Long enough to compare this month's fine-tuning with the last.
const DefaultRetention = 30 * 24 * time.Hour

// startTimeout bounds a start whose context has no earlier deadline. A start
// takes about a second.
const startTimeout = time.Minute

// Options says where the server keeps its data and where it listens. The zero
// value is a server in memory on free ports.
type Options struct {
	// DataFile is the SQLite file that holds everything; it and its folder
	// are created as needed. Empty keeps the data in memory, gone with the
	// process.
	DataFile string
	// FrontendPort is where workers and the starter connect, UIPort where
	// browsers do, both on 127.0.0.1. 0 takes a free port.
	FrontendPort, UIPort int
	// FrontendSetting and UISetting name the flag or variable with which a
	// person sets the two ports. They only appear in the sentence about a
	// port that cannot be had.
	FrontendSetting, UISetting string
	// Namespace is created if it is missing; empty means [DefaultNamespace].
	Namespace string
	// Retention is how long finished workflows are kept; 0 means
	// [DefaultRetention]. It must be an hour or more.
	Retention time.Duration
	// SearchAttributes are registered for the namespace, all of them as
	// Keyword. Ones that a data file already has stay.
	SearchAttributes []string
	// Log takes the server's warnings and errors; nil drops them.
	Log *slog.Logger
}

// Validate reports the first option that makes no sense.
func (o Options) Validate() error {
	if o.Retention != 0 && o.Retention < time.Hour {
		return problem.Input("finished workflows are to be kept for %s; it must be an hour or more", o.Retention)
	}
	if o.FrontendPort != 0 && o.FrontendPort == o.UIPort {
		return problem.Input("port %d is wanted for both Temporal and its Web UI; give each a port of its own", o.FrontendPort)
	}
	return nil
}

// Server is a running Temporal server with its Web UI.
type Server struct {
	temporal     temporal.Server
	ui           *uiserver.Server
	owned        *flock.Flock
	frontendPort int
	uiPort       int
	stop         sync.Once
	stopping     atomic.Bool
}

// Start runs a server and returns when it answers, its Web UI too, and the
// namespace has its search attributes. It takes about a second. What a person
// must act on (a port or a data file that cannot be had) is a problem of kind
// Environment, found before anything is started; an option that makes no sense
// is one of kind BadInput.
//
// The context bounds the start alone; [Server.Stop] ends the server.
func Start(ctx context.Context, o Options) (*Server, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	if err := CheckPort("Temporal", o.FrontendPort, o.FrontendSetting); err != nil {
		return nil, err
	}
	if err := CheckPort("Temporal's Web UI", o.UIPort, o.UISetting); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	s := &Server{}
	if err := s.start(ctx, o); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// Address is where workers and the starter connect: host and port.
func (s *Server) Address() string { return address(s.frontendPort) }

// UIURL is the Web UI's address for a browser, without a slash at its end.
func (s *Server) UIURL() string { return "http://" + address(s.uiPort) }

// Stop ends the Web UI and the server and gives the data file free. Workers of
// this process should have been stopped before. Calls after the first do
// nothing.
func (s *Server) Stop() {
	s.stop.Do(func() {
		s.stopping.Store(true)
		if s.ui != nil {
			s.ui.Stop()
		}
		if s.temporal != nil {
			// The server logs what goes wrong and always returns nil.
			_ = s.temporal.Stop()
		}
		if s.owned != nil {
			// An unlock that fails happens anyway when the process ends.
			_ = s.owned.Close()
		}
	})
}

func (s *Server) start(ctx context.Context, o Options) error {
	if o.DataFile != "" {
		file, err := filepath.Abs(o.DataFile)
		if err != nil {
			return fmt.Errorf("locating Temporal's data file: %w", err)
		}
		if s.owned, err = lock(file); err != nil {
			return err
		}
		if err := prepare(ctx, file); err != nil {
			return err
		}
		o.DataFile = file
	}
	db := store(o.DataFile)
	if err := ensureNamespace(ctx, db, o.Namespace, o.Retention, o.SearchAttributes); err != nil {
		return err
	}
	if err := s.startTemporal(o, db); err != nil {
		return fmt.Errorf("starting Temporal: %w", err)
	}
	if err := s.startUI(ctx, o); err != nil {
		return fmt.Errorf("starting Temporal's Web UI: %w", err)
	}
	if err := s.settle(ctx, o); err != nil {
		return fmt.Errorf("waiting for the namespace %s: %w", o.Namespace, err)
	}
	return nil
}

// startTemporal starts the four services and returns when all of them run.
func (s *Server) startTemporal(o Options, db *config.SQL) (err error) {
	ports, err := freePorts(4)
	if err != nil {
		return err
	}
	if o.FrontendPort != 0 {
		ports[0] = o.FrontendPort
	}
	services := map[primitives.ServiceName]int{
		primitives.FrontendService: ports[0],
		primitives.HistoryService:  ports[1],
		primitives.MatchingService: ports[2],
		primitives.WorkerService:   ports[3],
	}
	hosts := map[primitives.ServiceName]static.Hosts{}
	for name, port := range services {
		hosts[name] = static.SingleLocalHost(address(port))
	}
	defer func() {
		// The server ends itself on what it cannot survive; while it
		// starts, the caller decides.
		if r := recover(); r != nil {
			f, ours := r.(fatal)
			if !ours {
				panic(r)
			}
			err = f
		}
	}()
	server, err := temporal.NewServer(
		temporal.WithConfig(configuration(db, services)),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(hosts),
		temporal.WithLogger(newLogger(o.Log, &s.stopping)),
		temporal.WithDynamicConfigClient(dynamic),
		// Whoever can reach 127.0.0.1 may do everything, as with a
		// local database without a password.
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper { return authorization.NewNoopClaimMapper() }),
	)
	if err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return err
	}
	s.temporal = server
	s.frontendPort = ports[0]
	return nil
}

// startUI starts the Web UI and waits until it answers.
func (s *Server) startUI(ctx context.Context, o Options) error {
	s.uiPort = o.UIPort
	if s.uiPort == 0 {
		ports, err := freePorts(1)
		if err != nil {
			return err
		}
		s.uiPort = ports[0]
	}
	s.ui = uiserver.NewServer(uioptions.WithConfigProvider(&uiconfig.Config{
		TemporalGRPCAddress: s.Address(),
		Host:                host,
		Port:                s.uiPort,
		EnableUI:            true,
		DefaultNamespace:    o.Namespace,
		// The page is served without TLS, to this machine only.
		CORS: uiconfig.CORS{CookieInsecure: true},
		// Nothing here asks anybody outside this machine for anything.
		DisableNewsFetch: true,
		HideLogs:         true,
	}))
	go func() {
		// The port was free a moment ago. If it is not any more, the UI's
		// library ends the process with a line of its own.
		if err := s.ui.Start(); err != nil {
			o.Log.Error("Temporal's Web UI ended", "error", err)
		}
	}()
	return eventually(ctx, func() error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.UIURL()+"/healthz", nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("the health page answers %s", resp.Status)
		}
		return nil
	})
}

// eventually repeats what until it succeeds or the context ends, and then
// returns its last error.
func eventually(ctx context.Context, what func() error) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := what()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-tick.C:
		}
	}
}

func (o Options) withDefaults() Options {
	o.Namespace = cmp.Or(o.Namespace, DefaultNamespace)
	o.Retention = cmp.Or(o.Retention, DefaultRetention)
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	return o
}
