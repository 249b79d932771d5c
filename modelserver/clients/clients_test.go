package clients

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/internal/languagemodel/languagemodeltest"
)

// missing skips a test for want of a tool, unless it has to run here.
func missing(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("REQUIRE_CLIENTS") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// serve builds the model server, starts it on an empty folder with these flags, and
// returns the environment in which a client finds it.
func serve(t *testing.T, flags ...string) []string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "modelserver")
	run(t, nil, "..", "go", "build", "-o", program, ".")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	server := exec.Command(program, append([]string{"-address", address, "-data", t.TempDir()}, flags...)...)
	server.Env = append(os.Environ(), "SWITCHBOARD_MODELSERVER_KEYS=sk-test")
	log, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "msg=serving ") {
			go func() {
				for lines.Scan() { // a full pipe would stop the server
				}
			}()
			return append(os.Environ(), "OPENAI_BASE_URL=http://"+address+"/v1", "OPENAI_API_KEY=sk-test")
		}
	}
	t.Fatal("the model server did not start")
	return nil
}

// run runs a command that must succeed, and shows what it prints if it does not.
func run(t *testing.T, env []string, dir, name string, args ...string) {
	t.Helper()
	limit := 5 * time.Minute
	if slices.Contains(env, patience) {
		limit = 2 * time.Hour
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	command := exec.CommandContext(ctx, name, args...)
	command.Env, command.Dir = env, dir
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	t.Logf("%s", out)
}

func TestPython(t *testing.T) {
	slow(t)
	python, err := exec.LookPath("python3")
	if err != nil {
		missing(t, "python3 is not installed")
	}
	if exec.Command(python, "-c", "import ensurepip").Run() != nil {
		missing(t, "python3 cannot make virtual environments here (Debian's package is called python3-venv)")
	}
	run(t, serve(t), "python", environment(t, python), "lifecycle.py")
	t.Run("language model", func(t *testing.T) {
		run(t, serveLanguageModel(t), "python", environment(t, python), "lifecycle.py")
	})
}

// patience lets a client wait for a training on a processor.
const patience = "PATIENCE=3600"

// serveLanguageModel is serve with a language model, and lets the client start from it.
func serveLanguageModel(t *testing.T) []string {
	t.Helper()
	python, model := languagemodeltest.Python(t), languagemodeltest.Model(t)
	env := serve(t, "-trainer", python, "-language-models", languagemodeltest.File(t, model), "-max-training", "16GiB")
	return append(env, "BASE_MODEL="+model.Name, patience)
}

// environment returns the interpreter of a virtual environment with the pinned
// client in it. It is kept in the user's cache until the requirements change.
func environment(t *testing.T, python string) string {
	t.Helper()
	requirements, err := os.ReadFile("python/requirements.txt")
	if err != nil {
		t.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(requirements)
	dir := filepath.Join(cache, "switchboard", "clients-python-"+hex.EncodeToString(sum[:8]))
	interpreter, complete := filepath.Join(dir, "bin", "python"), filepath.Join(dir, "complete")
	if _, err := os.Stat(complete); err == nil {
		return interpreter
	}
	run(t, nil, "python", python, "-m", "venv", "--clear", dir)
	run(t, nil, "python", interpreter, "-m", "pip", "install", "--quiet", "--no-deps", "-r", "requirements.txt")
	if err := os.WriteFile(complete, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return interpreter
}

func TestNode(t *testing.T) {
	slow(t)
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing(t, tool+" is not installed")
		}
	}
	run(t, nil, "node", "npm", "ci", "--silent", "--no-audit", "--no-fund")
	run(t, serve(t), "node", "node", "lifecycle.mjs")
	t.Run("language model", func(t *testing.T) {
		run(t, serveLanguageModel(t), "node", "node", "lifecycle.mjs")
	})
}

func slow(t *testing.T) {
	t.Helper()
	if os.Getenv("SLOW_TESTS") == "" {
		t.Skip("slow, and installs the clients: set SLOW_TESTS=1, or run make clients")
	}
}
