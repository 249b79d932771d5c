package temporal

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"

	"switchboard/internal/endpoint/endpointtest"
	"switchboard/internal/problem"
)

// guard is a Temporal server that answers those who have its key.
type guard struct {
	workflowservice.UnimplementedWorkflowServiceServer
	key string
}

func (g guard) GetSystemInfo(ctx context.Context, _ *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	given, _ := metadata.FromIncomingContext(ctx)
	if g.key != "" && !slices.Equal(given["authorization"], []string{"Bearer " + g.key}) {
		return nil, serviceerror.ToStatus(serviceerror.NewPermissionDenied("no", "")).Err()
	}
	return &workflowservice.GetSystemInfoResponse{Capabilities: &workflowservice.GetSystemInfoResponse_Capabilities{}}, nil
}

// listen serves on a free port, with TLS if there is a configuration.
func (g guard) listen(t *testing.T, config *tls.Config) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var options []grpc.ServerOption
	if config != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(config)))
	}
	server := grpc.NewServer(options...)
	workflowservice.RegisterWorkflowServiceServer(server, g)
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	return listener.Addr().String()
}

func TestDial(t *testing.T) {
	c, cert, key := endpointtest.Certificate(t)
	plain := guard{}.listen(t, nil)
	secured := guard{}.listen(t, &tls.Config{Certificates: []tls.Certificate{c}})
	guarded := guard{key: "sk-test"}.listen(t, &tls.Config{Certificates: []tls.Certificate{c}})
	mutual := guard{}.listen(t, &tls.Config{Certificates: []tls.Certificate{c}, ClientAuth: tls.RequireAnyClientCert})
	authority := "TEMPORAL_TLS_SERVER_CA_CERT_PATH=" + cert
	for name, test := range map[string]struct {
		address string
		environ []string
		says    string // the problem, empty for a connection
	}{
		"plain":                      {plain, nil, ""},
		"TLS":                        {secured, []string{authority}, ""},
		"key":                        {guarded, []string{authority, "TEMPORAL_API_KEY=sk-test"}, ""},
		"client's certificate":       {mutual, []string{authority, "TEMPORAL_TLS_CLIENT_CERT_PATH=" + cert, "TEMPORAL_TLS_CLIENT_KEY_PATH=" + key}, ""},
		"wrong key":                  {guarded, []string{authority, "TEMPORAL_API_KEY=sk-wrong"}, "denies access; check TEMPORAL_API_KEY"},
		"no key":                     {guarded, []string{authority}, "denies access; check TEMPORAL_API_KEY"},
		"TLS that nobody asked for":  {secured, nil, "no Temporal server answers at"},
		"TLS that is not there":      {plain, []string{authority}, "the TLS handshake with the Temporal server at"},
		"certificate of a stranger":  {secured, []string{"TEMPORAL_TLS=true"}, "check the TEMPORAL_TLS variables"},
		"key for a server of others": {plain, []string{"TEMPORAL_API_KEY=sk-test"}, "TLS is on because an API key is set"},
		"nobody":                     {"127.0.0.1:1", nil, "no Temporal server answers at 127.0.0.1:1; start one"},
	} {
		t.Run(name, func(t *testing.T) {
			o, err := Load(append([]string{"TEMPORAL_CONFIG_FILE=/absent.toml", "TEMPORAL_ADDRESS=" + test.address}, test.environ...), "")
			if err != nil {
				t.Fatal(err)
			}
			c, err := Dial(t.Context(), o)
			if test.says != "" {
				if kind, _ := problem.KindOf(err); kind != problem.Environment || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "sk-") {
					t.Errorf("got %v, want a sentence with %q", err, test.says)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if c.Address != test.address || c.Namespace != "default" {
				t.Errorf("connected to %s, %s", c.Address, c.Namespace)
			}
		})
	}
}

// Whoever gives up waiting is told nothing about the server.
func TestDialThatIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Dial(ctx, Options{Address: "127.0.0.1:1"})
	if kind, ours := problem.KindOf(err); ours || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v of kind %q", err, kind)
	}
}
