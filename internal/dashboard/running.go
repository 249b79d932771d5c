package dashboard

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.temporal.io/sdk/worker"

	"switchboard/internal/account"
	"switchboard/internal/config"
	"switchboard/internal/database"
	"switchboard/internal/endpoint"
	"switchboard/internal/problem"
	"switchboard/internal/results"
)

// StopTimeout is how long a dashboard that stops takes at most to answer what it was
// asked.
const StopTimeout = 10 * time.Second

// streamPatience is how long pages that wait for news are left alone at a stop: what
// answers a question has done so by then.
const streamPatience = 2 * time.Second

// Place is where a dashboard is found.
type Place struct {
	// Address is the host and port to listen on; port 0 takes a free one.
	Address string
	// Cert and Key are PEM files with which HTTPS is spoken; empty speaks HTTP.
	Cert, Key string
	// URL is where people reach it, without a path; empty is the address itself.
	URL string
}

// LoadPlace reads a place from the settings with getenv (such as os.Getenv).
func LoadPlace(getenv func(string) string) Place {
	return Place{
		Address: config.Get(getenv, config.DashboardAddress),
		Cert:    config.Get(getenv, config.DashboardTLSCert),
		Key:     config.Get(getenv, config.DashboardTLSKey),
		URL:     strings.TrimRight(getenv(config.DashboardURL), "/"),
	}
}

// Validate reports the first setting that cannot work, as a problem of kind BadInput.
func (p Place) Validate() error {
	if err := p.endpoint().Validate(); err != nil {
		return err
	}
	if p.URL == "" {
		return nil
	}
	u, err := url.Parse(p.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return problem.Input("%s is not an address such as https://calls.example.com, without a path", config.DashboardURL)
	}
	return nil
}

// Secure tells whether people reach the place by HTTPS, which may be spoken by a
// proxy before it.
func (p Place) Secure() bool { return p.Cert != "" || strings.HasPrefix(p.URL, "https://") }

// Page is the address of the pages as people reach them, where no other is told.
func (p Place) Page() string {
	if p.URL != "" {
		return p.URL
	}
	if p.Cert != "" {
		return "https://" + p.Address
	}
	return "http://" + p.Address
}

// Over returns the options of a dashboard over a database that is found at a place, with
// what else the settings say. The client and the log are still to be set.
func Over(base *database.Store, p Place, getenv func(string) string) (Options, error) {
	accounts := account.New(base)
	o := Options{Base: base, Results: results.New(base), Accounts: accounts, Sessions: &account.Sessions{Accounts: accounts, Secure: p.Secure()}}
	var err error
	o.Provider, err = account.ProviderOf(getenv, o.Sessions, p.Page())
	return o, err
}

// Welcome returns where the first admin chooses a name and a password, once and within a
// day. It is empty where there is an admin already, or an identity provider knows them.
func (o Options) Welcome(ctx context.Context, p Place) (string, error) {
	if o.Provider != nil {
		return "", nil
	}
	token, err := o.Accounts.FirstInvitation(ctx)
	if err != nil || token == "" {
		return "", err
	}
	return p.Page() + account.InvitationPath(token), nil
}

// Running is a dashboard that answers.
type Running struct {
	server   *http.Server
	listener net.Listener
	scheme   string
	failed   chan error
	end      context.CancelFunc
	log      *slog.Logger
	// place is where it is, with the port that it has.
	place Place
	// present is what [Running.Announce] started, nil without.
	present worker.Worker
}

// Start answers at a place until Stop. An address that is not to be had is a problem
// of kind Environment.
func Start(h http.Handler, p Place, log *slog.Logger) (*Running, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	r := &Running{scheme: "http", failed: make(chan error, 1), log: log, place: p}
	r.server = &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	var err error
	if r.server.TLSConfig, err = p.endpoint().TLS(); err != nil {
		return nil, err
	}
	if r.server.TLSConfig != nil {
		r.scheme = "https"
	}
	if r.listener, err = net.Listen("tcp", p.Address); err != nil {
		return nil, problem.New(problem.Environment, "the dashboard cannot listen on %s: %w; set %s to another address", p.Address, err, config.DashboardAddress)
	}
	r.place.Address = r.listener.Addr().String()
	// Pages that wait for news end with it.
	var all context.Context
	all, r.end = context.WithCancel(context.Background())
	r.server.BaseContext = func(net.Listener) context.Context { return all }
	go r.serve()
	return r, nil
}

func (r *Running) serve() {
	var err error
	if r.server.TLSConfig != nil {
		err = r.server.ServeTLS(r.listener, "", "")
	} else {
		err = r.server.Serve(r.listener)
	}
	if !errors.Is(err, http.ErrServerClosed) {
		r.failed <- err
	}
}

// URL is where it answers on this machine.
func (r *Running) URL() string { return r.scheme + "://" + r.listener.Addr().String() }

// Failed has an error once it does not answer any more although nobody stopped it.
func (r *Running) Failed() <-chan error { return r.failed }

// Stop answers what was asked and ends, within [StopTimeout].
func (r *Running) Stop() {
	if r.present != nil {
		r.present.Stop()
	}
	ctx, cancel := context.WithTimeout(context.Background(), StopTimeout)
	defer cancel()
	// Nothing new is accepted; who waits for news would wait for ever.
	patience := time.AfterFunc(streamPatience, r.end)
	defer patience.Stop()
	if err := r.server.Shutdown(ctx); err != nil {
		r.log.Warn("the dashboard was stopped before it had answered all", "error", err)
		_ = r.server.Close() // nothing more can be done
	}
	r.end()
}

// endpoint is where the pages are on this machine.
func (p Place) endpoint() endpoint.Endpoint {
	return endpoint.Endpoint{
		Program: "the dashboard", Address: p.Address, Cert: p.Cert, Key: p.Key,
		AddressSetting: config.DashboardAddress, CertSetting: config.DashboardTLSCert, KeySetting: config.DashboardTLSKey,
	}
}

// Health asks the dashboard of this machine at a place whether it answers.
func Health(ctx context.Context, p Place) error {
	if err := p.Validate(); err != nil {
		return err
	}
	return p.endpoint().Ask(ctx, "/health")
}
