// Package deploy_test holds the Dockerfile and the compose file against the
// code they deploy and against the programs that they configure, as far as that
// can be done without a container engine.
package deploy_test

import (
	"debug/elf"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	serverconfig "go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	_ "go.temporal.io/server/common/persistence/visibility/manager" // defines settings
	temporalschema "go.temporal.io/server/schema"
	_ "go.temporal.io/server/service/history/configs" // defines settings
	"go.yaml.in/yaml/v3"
	"golang.org/x/mod/modfile"

	"switchboard/internal/config"
	"switchboard/internal/dashboard"
	"switchboard/internal/intake"
	"switchboard/internal/pipeline"
	"switchboard/worker/host"
)

// root is the repository, seen from this folder.
const root = ".."

type compose struct {
	Services map[string]service
	Networks map[string]struct{ Internal bool }
	Volumes  map[string]any
}

type service struct {
	Image       string
	Build       struct{ Context, Target string }
	User        string
	Restart     string
	Privileged  bool
	Profiles    []string
	CapDrop     []string `yaml:"cap_drop"`
	SecurityOpt []string `yaml:"security_opt"`
	Entrypoint  []string
	Command     []string
	Environment map[string]string
	Ports       []string
	Volumes     []string
	Networks    []string
	ReadOnly    bool `yaml:"read_only"`
	Deploy      struct {
		Resources struct {
			Reservations struct {
				Devices []struct {
					Driver       string
					Count        int
					Capabilities []string
				}
			}
		}
	}
	StopGracePeriod string                                `yaml:"stop_grace_period"`
	DependsOn       map[string]struct{ Condition string } `yaml:"depends_on"`
	Healthcheck     struct {
		Test                           []string
		Interval, Timeout, StartPeriod string
		Retries                        int
	}
}

// ours tells whether a service runs the project's own image.
func (s service) ours() bool { return s.Build.Context != "" }

// stays tells whether a service is meant to run on, unlike a job.
func (s service) stays() bool { return s.Restart == "unless-stopped" }

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func readCompose(t *testing.T) compose {
	t.Helper()
	var c compose
	if err := yaml.Unmarshal([]byte(read(t, "docker-compose.yml")), &c); err != nil {
		t.Fatal(err)
	}
	if len(c.Services) == 0 {
		t.Fatal("docker-compose.yml has no services")
	}
	return c
}

// dockerfile holds the instructions of the Dockerfile, continued lines joined.
type dockerfile []string

func readDockerfile(t *testing.T) dockerfile {
	t.Helper()
	var d dockerfile
	text := strings.ReplaceAll(read(t, "Dockerfile"), "\\\n", " ")
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			d = append(d, line)
		}
	}
	return d
}

// all returns what follows an instruction, wherever it stands.
func (d dockerfile) all(instruction string) []string {
	var out []string
	for _, line := range d {
		if rest, ok := strings.CutPrefix(line, instruction+" "); ok {
			out = append(out, strings.TrimSpace(rest))
		}
	}
	return out
}

// last returns what follows the last instruction of its kind, which is the one
// that counts for the final image.
func (d dockerfile) last(t *testing.T, instruction string) string {
	t.Helper()
	all := d.all(instruction)
	if len(all) == 0 {
		t.Fatalf("the Dockerfile has no %s", instruction)
	}
	return all[len(all)-1]
}

// build returns the arguments of the Dockerfile's go build, and its packages.
func (d dockerfile) build(t *testing.T) (args, packages []string) {
	t.Helper()
	for _, run := range d.all("RUN") {
		if rest, ok := strings.CutPrefix(run, "CGO_ENABLED=0 go build "); ok {
			for _, m := range regexp.MustCompile(`"([^"]*)"|(\S+)`).FindAllStringSubmatch(rest, -1) {
				args = append(args, m[1]+m[2])
			}
		}
	}
	for _, a := range args {
		if strings.HasPrefix(a, "./") {
			packages = append(packages, a)
		}
	}
	if len(packages) == 0 {
		t.Fatal("the Dockerfile builds no package without cgo")
	}
	return args, packages
}

func readModule(t *testing.T) *modfile.File {
	t.Helper()
	m, err := modfile.Parse("go.mod", []byte(read(t, "go.mod")), nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func moduleVersion(t *testing.T, m *modfile.File, name string) string {
	t.Helper()
	for _, r := range m.Require {
		if r.Mod.Path == name {
			return strings.TrimPrefix(r.Mod.Version, "v")
		}
	}
	t.Fatalf("go.mod does not require %s", name)
	return ""
}

// Every image has one version, and Temporal's are the versions that the tests
// run against.
func TestImagesArePinned(t *testing.T) {
	m := readModule(t)
	server := moduleVersion(t, m, "go.temporal.io/server")
	exact := map[string]string{
		"temporalio/server":      server,
		"temporalio/admin-tools": server,
		"temporalio/ui":          moduleVersion(t, m, "github.com/temporalio/ui-server/v2"),
		"golang":                 m.Go.Version + "-bookworm",
	}
	pinned := regexp.MustCompile(`^\d+\.\d+(\.\d+)?(-[a-z0-9.]+)*$`)
	check := func(image string) {
		name, tag, _ := strings.Cut(image, ":")
		want, known := exact[name]
		switch {
		case known && tag != want:
			t.Errorf("%s has version %s in go.mod, the image is %s", name, want, image)
		case !known && !pinned.MatchString(tag):
			t.Errorf("the image %s is not pinned to a version", image)
		case strings.Contains(image, "auto-setup"):
			t.Errorf("the image %s is discontinued", image)
		}
	}
	readme := read(t, "deploy/README.md")
	for name, s := range readCompose(t).Services {
		if line := fmt.Sprintf("| `%s` | `%s` |", name, s.Image); !strings.Contains(readme, line) {
			t.Errorf("deploy/README.md does not list %s with %s", name, s.Image)
		}
		if s.ours() {
			want := "switchboard:local"
			if name == trainerService {
				want = "switchboard:trainer"
			}
			if s.Image != want {
				t.Errorf("service %s is built here, so its image should be %s, not %s", name, want, s.Image)
			}
			continue
		}
		check(s.Image)
	}
	stages := []string{"scratch"}
	for _, from := range readDockerfile(t).all("FROM") {
		image, stage, _ := strings.Cut(from, " AS ")
		if !slices.Contains(stages, image) {
			check(image)
		}
		stages = append(stages, stage)
	}
}

// ortModule calls ONNX Runtime. Only builds with the tag ORT need it.
const ortModule = "github.com/yalue/onnxruntime_go"

// The Dockerfile says for which version of the module its ONNX Runtime was
// chosen: whoever takes another version chooses anew.
func TestONNXRuntimeWasChosenForTheVersionOfTheModule(t *testing.T) {
	want := "# The version whose interface " + ortModule + " " + moduleVersion(t, readModule(t), ortModule) + " speaks."
	if !strings.Contains(read(t, "Dockerfile"), want+"\nARG ONNXRUNTIME=") {
		t.Errorf("the Dockerfile's ARG ONNXRUNTIME does not follow the line %q", want)
	}
}

// ONNX Runtime answers only to the version of its interface that it was asked
// for at build time. The module is downloaded for this: no program needs it.
func TestONNXRuntimeSpeaksTheVersionOfTheModule(t *testing.T) {
	slow(t)
	out, err := run(t, nil, "go", "mod", "download", "-json", ortModule)
	var module struct{ Dir string }
	if err := errors.Join(err, json.Unmarshal([]byte(out), &module)); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	header, err := os.ReadFile(filepath.Join(module.Dir, "onnxruntime_c_api.h"))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`#define ORT_API_VERSION (\d+)`).FindSubmatch(header)
	if m == nil {
		t.Fatal("the module's header has no version")
	}
	want := "ONNXRUNTIME=1." + string(m[1]) + "."
	for _, arg := range readDockerfile(t).all("ARG") {
		if strings.HasPrefix(arg, want) {
			return
		}
	}
	t.Errorf("no ARG of the Dockerfile begins with %s", want)
}

// Without a target, what is built is the image of static programs.
func TestDefaultTargetIsStatic(t *testing.T) {
	if from := readDockerfile(t).last(t, "FROM"); from != "static" {
		t.Errorf("the last stage is from %s", from)
	}
	for name, s := range readCompose(t).Services {
		if s.ours() && name != trainerService && s.Build.Target != "${SWITCHBOARD_BUILD:-static}" {
			t.Errorf("service %s is built for the target %s", name, s.Build.Target)
		}
	}
}

// row matches a line of a table whose first cell is a variable.
var row = regexp.MustCompile("(?m)^\\| `([A-Z][A-Z0-9_]*)` \\|")

// interpolation matches what compose replaces from .env.
var interpolation = regexp.MustCompile(`\$\{([A-Z0-9_]+)(:[-?][^}]*)?\}`)

// Every variable is explained, and none is explained that is not used.
func TestVariablesAreDocumented(t *testing.T) {
	text := read(t, "docker-compose.yml")
	used := map[string]bool{}
	for _, m := range interpolation.FindAllStringSubmatch(text, -1) {
		used[m[1]] = true
	}
	// Compose reads it itself.
	used["COMPOSE_PROFILES"] = true
	if strings.Count(text, "$") != len(interpolation.FindAllString(text, -1)) {
		t.Error("docker-compose.yml has a $ that this test does not understand")
	}
	example := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^#?([A-Z][A-Z0-9_]*)=`).FindAllStringSubmatch(read(t, "deploy/example.env"), -1) {
		example[m[1]] = true
	}
	settings := map[string]bool{}
	for _, s := range config.Settings {
		settings[s.Name] = true
	}
	documented := map[string]bool{}
	for _, m := range row.FindAllStringSubmatch(read(t, "deploy/README.md"), -1) {
		documented[m[1]] = true
	}
	inContainers := map[string]bool{}
	for name, s := range readCompose(t).Services {
		for variable := range s.Environment {
			inContainers[variable] = true
			known := documented[variable]
			if s.ours() {
				// Temporal's own variables are read by its client, PostgreSQL's by
				// its.
				known = settings[variable] || (strings.HasPrefix(variable, "TEMPORAL_") || variable == "PGPASSWORD") && documented[variable]
			}
			if !known {
				t.Errorf("service %s gets %s, which is documented nowhere", name, variable)
			}
		}
	}
	for variable := range used {
		if !documented[variable] {
			t.Errorf("docker-compose.yml reads %s from .env, but deploy/README.md does not have it", variable)
		}
		if !example[variable] {
			t.Errorf("docker-compose.yml reads %s from .env, but deploy/example.env does not have it", variable)
		}
	}
	for variable := range example {
		if !used[variable] {
			t.Errorf("deploy/example.env has %s, but docker-compose.yml does not read it", variable)
		}
	}
	for variable := range documented {
		if !used[variable] && !inContainers[variable] {
			t.Errorf("deploy/README.md has %s, but docker-compose.yml does not use it", variable)
		}
	}
	for _, env := range readDockerfile(t).all("ENV") {
		for assignment := range strings.FieldsSeq(env) {
			variable, _, _ := strings.Cut(assignment, "=")
			if !slices.Contains([]string{"HOME", "PATH", "ZONEINFO", "GOEXPERIMENT", "PYTHONPATH"}, variable) && !settings[variable] {
				t.Errorf("the Dockerfile sets %s, which nothing reads", variable)
			}
		}
	}
}

// No secret is in a file: each comes from .env, and compose stops with a
// sentence where it is missing.
func TestSecretsComeFromOutside(t *testing.T) {
	secret := regexp.MustCompile(`PASSWORD|PWD|SECRET|TOKEN|_KEY|KEYS`)
	// More of the same may follow the one that must be there.
	required := regexp.MustCompile(`^\$\{[A-Z0-9_]+:\?[a-zA-Z][^}]*\}(,\$\{[A-Z0-9_]+:-\})?$`)
	optional := map[string]string{}
	for _, o := range []string{
		"SWITCHBOARD_NOTIFY_SECRET",                                    // who notifies nobody signs nothing
		"SWITCHBOARD_KAFKA_SASL_PASSWORD", "SWITCHBOARD_KAFKA_TLS_KEY", // the Kafka here knows no users
		"SWITCHBOARD_SPEECH_KEY",                                                    // nor does the recognizer here
		"SWITCHBOARD_DASHBOARD_OIDC_CLIENT_SECRET", "SWITCHBOARD_DASHBOARD_TLS_KEY", // the dashboard keeps accounts itself, and is on this machine
	} {
		optional[o] = "${" + o + ":-}"
	}
	found := 0
	for name, s := range readCompose(t).Services {
		for variable, value := range s.Environment {
			if !secret.MatchString(variable) {
				continue
			}
			found++
			if want, ok := optional[variable]; !required.MatchString(value) && (!ok || value != want) {
				t.Errorf("service %s: %s is %q; it should come from .env with :? and a sentence", name, variable, value)
			}
		}
	}
	if found == 0 {
		t.Error("no service has a secret; the pattern is wrong")
	}
	for line := range strings.Lines(read(t, "deploy/example.env")) {
		variable, value, isSet := strings.Cut(strings.TrimSpace(line), "=")
		if isSet && !strings.HasPrefix(line, "#") && value != "" {
			t.Errorf("deploy/example.env gives %s a value", variable)
		}
	}
}

// thirdParty lists the programs of other images that the compose file calls,
// besides those of their entry points.
var thirdParty = map[string][]string{
	"postgres":               {"pg_isready"},
	"temporalio/admin-tools": {"/bin/sh"},
	"temporalio/server":      {"nc"},   // of Alpine's busybox
	"temporalio/ui":          {"wget"}, // of Alpine's busybox
	"apache/kafka":           {"nc"},   // of Alpine's busybox

	"ghcr.io/speaches-ai/speaches": {"curl"},
}

// Every command names a program that its image has.
func TestCommandsExist(t *testing.T) {
	d := readDockerfile(t)
	_, packages := d.build(t)
	var built []string
	for _, p := range packages {
		out, err := run(t, nil, "go", "list", "-f", "{{.Name}}", p)
		if err != nil || strings.TrimSpace(out) != "main" {
			t.Errorf("the Dockerfile builds %s, which is no program: %s%v", p, out, err)
		}
		built = append(built, "/usr/local/bin/"+path.Base(p))
	}
	if !slices.Contains(d.all("COPY"), "--from=build /out/ /usr/local/bin/") {
		t.Error("the Dockerfile does not copy the programs to /usr/local/bin")
	}
	if entry := d.last(t, "ENTRYPOINT"); entry != `["/usr/local/bin/starter"]` {
		t.Errorf("the image starts %s; `docker run --rm IMAGE finetune` needs the starter", entry)
	}
	for name, s := range readCompose(t).Services {
		programs := built
		if !s.ours() {
			image, _, _ := strings.Cut(s.Image, ":")
			programs = thirdParty[image]
		}
		commands := [][]string{s.Entrypoint, s.Command}
		if test := s.Healthcheck.Test; len(test) > 0 {
			if test[0] != "CMD" {
				t.Errorf("service %s: the health check needs a shell: %q", name, test)
			}
			commands = append(commands, test[1:])
		}
		for _, c := range commands {
			if len(c) > 0 && !slices.Contains(programs, c[0]) {
				t.Errorf("service %s calls %s, which its image does not have", name, c[0])
			}
			for _, arg := range c {
				if file, ok := strings.CutPrefix(arg, "/switchboard/"); ok {
					checkScript(t, filepath.Join("temporal", file))
				}
			}
		}
	}
}

// checkScript lets the shell read a script, and looks for commands that the
// image admin-tools does not have.
func checkScript(t *testing.T, file string) {
	t.Helper()
	if out, err := run(t, nil, "sh", "-n", file); err != nil {
		t.Errorf("%s: %v\n%s", file, err, out)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, absent := range []string{"curl", "jq", "bash", "psql", "tctl"} {
		if regexp.MustCompile(`\b` + absent + `\b`).Match(text) {
			t.Errorf("%s calls %s, which its image does not have", file, absent)
		}
	}
}

func slow(t *testing.T) {
	t.Helper()
	if os.Getenv("SLOW_TESTS") == "" {
		t.Skip("slow: set SLOW_TESTS=1, or run make test-slow")
	}
}

// run runs a command with the environment plus env in this folder, or with the
// go tool in the repository's root, and returns what it prints.
func run(t *testing.T, env []string, name string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	if name == "go" {
		cmd.Dir = root
	}
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// The Dockerfile's own command gives programs that run in an empty image.
func TestProgramsAreStatic(t *testing.T) {
	slow(t)
	args, packages := readDockerfile(t).build(t)
	dir := t.TempDir() + "/"
	for i, a := range args {
		if a == "-o" {
			args[i+1] = dir
		}
	}
	if out, err := run(t, []string{"CGO_ENABLED=0", "GOOS=linux"}, "go", append([]string{"build"}, args...)...); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, p := range packages {
		program, err := elf.Open(dir + path.Base(p))
		if err != nil {
			t.Fatal(err)
		}
		defer program.Close()
		for _, segment := range program.Progs {
			if segment.Type == elf.PT_INTERP {
				t.Errorf("%s needs a dynamic linker, which the image does not have", p)
			}
		}
	}
	if out, err := run(t, nil, dir+"starter", "--help"); err != nil || !strings.Contains(out, "finetune") {
		t.Errorf("starter --help: %v\n%s", err, out)
	}
}

// What the programs are built from is in the build context.
func TestBuildContext(t *testing.T) {
	var ignored []string
	for line := range strings.Lines(read(t, ".dockerignore")) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			if strings.ContainsAny(line, "*?!") {
				t.Fatalf("this test understands no patterns such as %s", line)
			}
			ignored = append(ignored, line)
		}
	}
	for _, secret := range []string{".env", ".git", ".switchboard"} {
		if !slices.Contains(ignored, secret) {
			t.Errorf("%s would get into the image's build", secret)
		}
	}
	_, packages := readDockerfile(t).build(t)
	out, err := run(t, nil, "go", append([]string{"list", "-deps", "-json=Dir,Module,GoFiles,EmbedFiles"}, packages...)...)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	top, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	files := []string{"go.mod", "go.sum"}
	for decoder := json.NewDecoder(strings.NewReader(out)); decoder.More(); {
		var p struct {
			Dir                 string
			Module              *struct{ Main bool }
			GoFiles, EmbedFiles []string
		}
		if err := decoder.Decode(&p); err != nil {
			t.Fatal(err)
		}
		if p.Module == nil || !p.Module.Main {
			continue
		}
		dir, err := filepath.Rel(top, p.Dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range append(p.GoFiles, p.EmbedFiles...) {
			files = append(files, filepath.ToSlash(filepath.Join(dir, f)))
		}
	}
	for _, f := range files {
		for _, i := range ignored {
			if f == i || strings.HasPrefix(f, i+"/") {
				t.Errorf(".dockerignore leaves out %s, which the build needs", f)
			}
		}
	}
}

func TestServicesStopInTime(t *testing.T) {
	c := readCompose(t)
	for name, needs := range map[string]time.Duration{"worker": host.StopTimeout, "intake": intake.StopTimeout, "dashboard": dashboard.StopTimeout} {
		grace, err := time.ParseDuration(c.Services[name].StopGracePeriod)
		if err != nil {
			t.Fatal(err)
		}
		if grace < needs+10*time.Second {
			t.Errorf("service %s is killed after %s; it may need %s to stop, and some seconds to end", name, grace, needs)
		}
	}
}

// Whatever can be set about calls can be set in .env, and the worker and the intake
// have the same Kafka and the same database.
func TestSettingsOfCallsPassThrough(t *testing.T) {
	c := readCompose(t)
	w, i := c.Services["worker"].Environment, c.Services["intake"].Environment
	// Containers get secrets by value, and nothing beyond this machine reaches the
	// intake.
	no := []string{config.KafkaSASLPasswordFile, config.SpeechKeyFile, config.IntakeKeysFile, config.IntakeKeyFile, config.IntakeTLSCert, config.IntakeTLSKey}
	// Set for the container, or for the starter alone.
	fixed := []string{config.IntakeAddress, config.IntakeMetricsAddress, config.IntakeURL, config.IntakeKey, config.IntakeKeys}
	passed := func(service, name, value string) {
		if !strings.HasPrefix(value, "${"+name+":-") {
			t.Errorf("service %s: %s is %q; it should come from .env", service, name, value)
		}
	}
	found := map[string]int{}
	for _, s := range config.Settings {
		kind, _, _ := strings.Cut(strings.TrimPrefix(s.Name, "SWITCHBOARD_"), "_")
		if slices.Contains(no, s.Name) || slices.Contains(fixed, s.Name) {
			continue
		}
		found[kind]++
		switch kind {
		case "KAFKA", "CALLS":
			passed("worker", s.Name, w[s.Name])
			passed("intake", s.Name, i[s.Name])
		case "SPEECH", "AUDIO":
			passed("worker", s.Name, w[s.Name])
		case "INTAKE":
			passed("intake", s.Name, i[s.Name])
		}
	}
	for _, kind := range []string{"KAFKA", "CALLS", "SPEECH", "AUDIO", "INTAKE"} {
		if found[kind] == 0 {
			t.Errorf("no setting begins with SWITCHBOARD_%s", kind)
		}
	}
	passed("worker", config.DatabaseURL, w[config.DatabaseURL])
	for _, name := range []string{config.DatabaseURL, "PGPASSWORD", config.KafkaBrokers, config.CallsTopic} {
		if w[name] != i[name] || w[name] == "" {
			t.Errorf("the worker has %s %q, the intake %q", name, w[name], i[name])
		}
	}
}

// The dashboard has the database of the workers, writes no file, and takes its settings
// from .env.
func TestTheDashboardIsServed(t *testing.T) {
	c := readCompose(t)
	d, w := c.Services["dashboard"], c.Services["worker"]
	for _, name := range []string{config.DatabaseURL, "PGPASSWORD", "TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"} {
		if d.Environment[name] == "" || d.Environment[name] != w.Environment[name] {
			t.Errorf("the dashboard has %s %q, the worker %q", name, d.Environment[name], w.Environment[name])
		}
	}
	for _, s := range config.Settings {
		switch {
		case !strings.HasPrefix(s.Name, "SWITCHBOARD_DASHBOARD_") || strings.HasSuffix(s.Name, "_FILE") || s.Name == config.DashboardAddress:
		case !strings.HasPrefix(d.Environment[s.Name], "${"+s.Name+":-"):
			t.Errorf("%s is %q; it should come from .env", s.Name, d.Environment[s.Name])
		}
	}
	_, port, _ := strings.Cut(d.Environment[config.DashboardAddress], ":")
	if !slices.Contains(d.Ports, "127.0.0.1:${DASHBOARD_PORT:-"+port+"}:"+port) {
		t.Errorf("the dashboard listens on %s, and publishes %v", port, d.Ports)
	}
	if !d.ReadOnly || len(d.Volumes) > 0 {
		t.Errorf("the dashboard can write: read_only %v, volumes %v", d.ReadOnly, d.Volumes)
	}
	if !strings.HasSuffix(d.Environment[config.DashboardURL], ":"+port+"}") {
		t.Errorf("people find the dashboard at %s", d.Environment[config.DashboardURL])
	}
}

// The worker and the intake find the services that the compose file starts.
func TestCallsFindTheirServices(t *testing.T) {
	c := readCompose(t)
	i := c.Services["intake"]
	standard := func(value string) string {
		m := regexp.MustCompile(`^\$\{[A-Z0-9_]+:-([^}]*)\}$`).FindStringSubmatch(value)
		if m == nil {
			t.Fatalf("%q has no default", value)
		}
		return m[1]
	}
	if brokers := standard(i.Environment[config.KafkaBrokers]); c.Services["kafka"].Environment["KAFKA_ADVERTISED_LISTENERS"] != "PLAINTEXT://"+brokers {
		t.Errorf("Kafka is expected at %s, and says of itself that it is %s", brokers, c.Services["kafka"].Environment["KAFKA_ADVERTISED_LISTENERS"])
	}
	db, err := url.Parse(standard(i.Environment[config.DatabaseURL]))
	if err != nil {
		t.Fatal(err)
	}
	r, ok := c.Services[db.Hostname()]
	if user := r.Environment["POSTGRES_USER"]; !ok || db.User.Username() != user || db.Path != "/"+user {
		t.Errorf("the database is expected at %s, and is that of %s", db.Redacted(), user)
	}
	if r.Environment["POSTGRES_PASSWORD"] != i.Environment["PGPASSWORD"] {
		t.Error("the database has another password than its clients")
	}
	_, port, _ := strings.Cut(i.Environment[config.IntakeAddress], ":")
	if got := c.Services["starter"].Environment[config.IntakeURL]; got != "http://intake:"+port {
		t.Errorf("the starter sends calls to %s", got)
	}
	if !strings.HasPrefix(i.Environment[config.IntakeKeys], c.Services["starter"].Environment[config.IntakeKey]) {
		t.Error("the intake does not accept the starter's key")
	}
	if !slices.Contains(i.Ports, "127.0.0.1:${INTAKE_PORT:-"+port+"}:"+port) {
		t.Errorf("the intake listens on %s, and publishes %v", port, i.Ports)
	}
}

// The recognizer runs where somebody asks for it, with the model that workers ask
// of it, and keeps what it has downloaded.
func TestSpeechIsAProfile(t *testing.T) {
	c := readCompose(t)
	speech := c.Services["speech"]
	model := c.Services["worker"].Environment[config.SpeechModel]
	if !slices.Equal(speech.Profiles, []string{"speech"}) || speech.Environment["PRELOAD_MODELS"] != `["`+model+`"]` {
		t.Errorf("the recognizer has the profiles %v and the models %s, workers ask for %s", speech.Profiles, speech.Environment["PRELOAD_MODELS"], model)
	}
	if !slices.ContainsFunc(speech.Volumes, func(v string) bool { return strings.HasPrefix(v, "speech:") }) {
		t.Errorf("the recognizer keeps its model in no volume: %v", speech.Volumes)
	}
	if !strings.Contains(read(t, "deploy/example.env"), "\n#"+config.SpeechURL+"=http://speech:8000/v1\n#"+config.SpeechServer+"=speaches\n") {
		t.Error("deploy/example.env does not tell how workers find the recognizer")
	}
}

// trainerService fine-tunes language models, in an image that has Python.
const trainerService = "modelserver-gpu"

// The model server with the trainer is a profile, gets the machine's GPU, and finds
// the trainer where its image has it.
func TestTheTrainerIsAProfile(t *testing.T) {
	s := readCompose(t).Services[trainerService]
	if !slices.Equal(s.Profiles, []string{"gpu"}) || s.Build.Target != "trainer" {
		t.Errorf("it has the profiles %v and the target %s", s.Profiles, s.Build.Target)
	}
	devices := s.Deploy.Resources.Reservations.Devices
	if len(devices) != 1 || devices[0].Driver != "nvidia" || devices[0].Count != 1 || !slices.Equal(devices[0].Capabilities, []string{"gpu"}) {
		t.Errorf("it reserves %+v", devices)
	}
	if grace, err := time.ParseDuration(s.StopGracePeriod); err != nil || grace < 30*time.Second {
		t.Errorf("it is killed after %s; a training may take 15 seconds to save its state", s.StopGracePeriod)
	}
	if s.Environment[config.ModelServerLanguage] != "${"+config.ModelServerLanguage+":-/models/language-models.json}" {
		t.Errorf("its language models are %s", s.Environment[config.ModelServerLanguage])
	}
	if !slices.Equal(s.Volumes, []string{trainerService + ":/var/lib/switchboard/modelserver", "./models:/models:ro"}) {
		t.Errorf("it mounts %v", s.Volumes)
	}
	d := readDockerfile(t)
	env := strings.Join(d.all("ENV"), " ")
	for _, want := range []string{config.ModelServerTrainer + "=/usr/local/bin/python", "PYTHONPATH=/opt/trainer", config.ModelServerData + "=/var/lib/switchboard/modelserver"} {
		if !strings.Contains(env, want) {
			t.Errorf("the image does not set %s", want)
		}
	}
	for _, file := range []string{"trainer/requirements.txt", "trainer/switchboard_trainer/__main__.py"} {
		if _, err := os.Stat(filepath.Join(root, file)); err != nil {
			t.Errorf("the image copies %s: %v", file, err)
		}
	}
	if !strings.Contains(read(t, "deploy/example.env"), "\n#OPENAI_BASE_URL=http://"+trainerService+":8090/v1\n") {
		t.Error("deploy/example.env does not tell how workers find it")
	}
}

// What Kafka and the databases keep outlives their containers, and Kafka creates no
// topic that nobody asked for.
func TestDataIsKept(t *testing.T) {
	c := readCompose(t)
	for name, dir := range map[string]string{
		"postgresql": "/var/lib/postgresql/data", "results": "/var/lib/postgresql/data", "kafka": "/var/lib/kafka/data",
	} {
		if !slices.Contains(c.Services[name].Volumes, name+":"+dir) {
			t.Errorf("service %s keeps %s in no volume of its name: %v", name, dir, c.Services[name].Volumes)
		}
	}
	k := c.Services["kafka"].Environment
	for variable, want := range map[string]string{
		"KAFKA_LOG_DIRS":                    "/var/lib/kafka/data",
		"KAFKA_AUTO_CREATE_TOPICS_ENABLE":   "false",
		"KAFKA_PROCESS_ROLES":               "broker,controller",
		"KAFKA_LOG_FLUSH_INTERVAL_MESSAGES": "1",
	} {
		if k[variable] != want {
			t.Errorf("Kafka has %s=%s, want %s", variable, k[variable], want)
		}
	}
}

// Every service that stays says how it is, and every service waits for what it
// needs.
func TestServicesWaitForEachOther(t *testing.T) {
	c := readCompose(t)
	for name, s := range c.Services {
		test := s.Healthcheck.Test
		if s.stays() && (len(test) < 2 || s.Healthcheck.Retries == 0) {
			t.Errorf("service %s has no health check", name)
		}
		if slices.Contains(test, "--spider") {
			t.Errorf("service %s is asked by HEAD, which the Web UI refuses", name)
		}
		if name != "speech" && slices.Contains(test, "curl") {
			t.Errorf("service %s: its image has no curl", name)
		}
		for other, on := range s.DependsOn {
			needed, ok := c.Services[other]
			switch {
			case !ok:
				t.Errorf("service %s depends on %s, which is not there", name, other)
			case on.Condition == "service_healthy" && len(needed.Healthcheck.Test) == 0:
				t.Errorf("service %s waits until %s is healthy, which has no health check", name, other)
			case on.Condition == "service_completed_successfully" && needed.Restart != "no":
				t.Errorf("service %s waits until %s has ended, which is started again", name, other)
			}
		}
	}
	for name, needs := range map[string][]string{
		"temporal-schema":    {"postgresql"},
		"temporal":           {"temporal-schema"},
		"temporal-namespace": {"temporal"},
		"temporal-ui":        {"temporal"},
		"worker":             {"temporal-namespace", "modelserver", "results", "kafka"},
		"intake":             {"temporal-namespace", "results", "kafka"},
		"dashboard":          {"temporal-namespace", "results"},
	} {
		for _, n := range needs {
			if _, ok := c.Services[name].DependsOn[n]; !ok {
				t.Errorf("service %s does not wait for %s", name, n)
			}
		}
	}
}

// closed lists who is on the networks that lead nowhere else.
var closed = map[string][]string{
	"database": {"postgresql", "temporal-schema", "temporal"},
	"results":  {"results", "worker", "intake", "dashboard"},
	"kafka":    {"kafka", "worker", "intake"},
}

func TestContainersHaveNoMoreRightsThanTheyNeed(t *testing.T) {
	user := readDockerfile(t).last(t, "USER")
	if !regexp.MustCompile(`^[1-9]\d*:[1-9]\d*$`).MatchString(user) {
		t.Errorf("the image runs as %s; a number other than 0 lets engines check it", user)
	}
	c := readCompose(t)
	for name, s := range c.Services {
		if s.Privileged {
			t.Errorf("service %s is privileged", name)
		}
		for _, p := range s.Ports {
			if !strings.HasPrefix(p, "127.0.0.1:") {
				t.Errorf("service %s publishes %s to other machines", name, p)
			}
		}
		if len(s.Ports) > 0 && !slices.Contains([]string{"temporal", "temporal-ui", "intake", "dashboard"}, name) {
			t.Errorf("service %s publishes a port", name)
		}
		for _, n := range s.Networks {
			if _, ok := c.Networks[n]; !ok {
				t.Errorf("service %s is on the network %s, which is not there", name, n)
			}
		}
		for network, members := range closed {
			if slices.Contains(s.Networks, network) && !slices.Contains(members, name) {
				t.Errorf("service %s can reach the network %s", name, network)
			}
		}
		if len(s.Networks) == 0 {
			t.Errorf("service %s is on no named network", name)
		}
		if !s.ours() {
			continue
		}
		if !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
			t.Errorf("service %s keeps rights: cap_drop %v, security_opt %v", name, s.CapDrop, s.SecurityOpt)
		}
		if s.User != "" && !strings.HasPrefix(s.User, "${SWITCHBOARD_USER:?") {
			t.Errorf("service %s runs as %s", name, s.User)
		}
	}
	for name, network := range map[string]string{"postgresql": "database", "results": "results", "kafka": "kafka"} {
		if got := c.Services[name].Networks; !slices.Equal(got, []string{network}) {
			t.Errorf("service %s is on the networks %v; its clients reach it on %s", name, got, network)
		}
	}
	for network := range closed {
		if !c.Networks[network].Internal {
			t.Errorf("the network %s leads outside", network)
		}
	}
}

// What is mounted is there, and datasets are found at one path by those who
// name them and those who read them.
func TestMounts(t *testing.T) {
	c := readCompose(t)
	for name, s := range c.Services {
		for _, v := range s.Volumes {
			source, _, _ := strings.Cut(v, ":")
			if rest, ok := strings.CutPrefix(source, "./"); ok {
				if _, err := os.Stat(filepath.Join(root, rest)); err != nil {
					t.Errorf("service %s mounts %s: %v", name, source, err)
				}
			} else if _, ok := c.Volumes[source]; !ok {
				t.Errorf("service %s mounts the volume %s, which is not there", name, source)
			}
		}
	}
	// The starter names datasets as the worker finds them, and needs nothing else.
	if s := c.Services["starter"].Volumes; !slices.Equal(s, []string{"./datasets:/datasets:ro"}) {
		t.Errorf("the starter mounts %v", s)
	}
	for _, want := range []string{"./datasets:/datasets:ro", "./models:/models:ro", "./artifacts:/artifacts"} {
		if !slices.Contains(c.Services["worker"].Volumes, want) {
			t.Errorf("the worker does not mount %s", want)
		}
	}
	folders := readDockerfile(t).all("RUN")
	for _, dir := range []string{"/artifacts", "/datasets", "/models", "/var/lib/switchboard/modelserver"} {
		if !strings.Contains(strings.Join(folders, "\n"), "/root-fs"+dir) {
			t.Errorf("the image has no folder %s to mount on", dir)
		}
	}
}

func TestSearchAttributes(t *testing.T) {
	text := read(t, "deploy/temporal/namespace.sh")
	var got []string
	for _, m := range regexp.MustCompile(`--name (\S+) --type Keyword\b`).FindAllStringSubmatch(text, -1) {
		got = append(got, m[1])
	}
	want := []string{pipeline.TaskAttribute, pipeline.DatasetAttribute, pipeline.ModelAttribute, pipeline.StageAttribute, pipeline.DecisionAttribute}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || strings.Count(text, "--name") != len(want) {
		t.Errorf("namespace.sh makes the search attributes %v, the workflows use %v", got, want)
	}
}

// The server's own code reads the environment that it gets, and the databases
// are those that the schema job prepares.
func TestTemporalServerConfiguration(t *testing.T) {
	s := readCompose(t).Services["temporal"]
	for variable, value := range s.Environment {
		if strings.HasPrefix(value, "${TEMPORAL_DB_PASSWORD:?") {
			value = "from .env"
		}
		t.Setenv(variable, value)
	}
	c, err := serverconfig.Load(serverconfig.WithEmbedded())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	job := readCompose(t).Services["temporal-schema"].Environment
	script := read(t, "deploy/temporal/schema.sh")
	schemas := temporalschema.PathsByDB("sql")
	for store, schema := range map[string]string{
		c.Persistence.DefaultStore:    "postgresql/v12/temporal",
		c.Persistence.VisibilityStore: "postgresql/v12/visibility",
	} {
		db := c.Persistence.DataStores[store].SQL
		if db == nil {
			t.Fatalf("the server keeps %s elsewhere than in SQL: %+v", store, c.Persistence)
		}
		if address := job["SQL_HOST"] + ":" + job["SQL_PORT"]; db.ConnectAddr != address || db.PluginName != job["SQL_PLUGIN"] || db.User != job["SQL_USER"] || db.Password != "from .env" {
			t.Errorf("the server reaches %s as %s at %s with %s, the schema job has %v", store, db.User, db.ConnectAddr, db.PluginName, job)
		}
		if !strings.Contains(script, "prepare "+db.DatabaseName+" "+schema+"\n") {
			t.Errorf("schema.sh does not prepare %s with %s", db.DatabaseName, schema)
		}
		if !slices.Contains(schemas, schema) {
			t.Errorf("temporal-sql-tool has no schema %s, only %v", schema, schemas)
		}
	}
	frontend := c.Services["frontend"].RPC
	if frontend.GRPCPort != 7233 || frontend.BindOnIP != "0.0.0.0" {
		t.Errorf("the frontend listens on %s:%d", frontend.BindOnIP, frontend.GRPCPort)
	}
	file, ok := strings.CutPrefix(c.DynamicConfigClient.Filepath, "/switchboard/")
	if !ok || !slices.Contains(s.Volumes, "./deploy/temporal:/switchboard:ro") {
		t.Fatalf("the server does not find its dynamic configuration at %s", c.DynamicConfigClient.Filepath)
	}
	loaded := dynamicconfig.LoadYamlFile([]byte(read(t, "deploy/temporal/"+file)))
	if err := loaded.Err(); err != nil {
		t.Error(err)
	}
	for _, warning := range loaded.Warnings {
		t.Error(warning)
	}
}

// namespace.sh goes on when the server is not ready at first, and gives up with
// an error when it never is.
func TestNamespaceJob(t *testing.T) {
	for name, tt := range map[string]struct {
		failures int
		ok       bool
	}{"ready at the third try": {2, true}, "never ready": {1000, false}} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "temporal"), fmt.Sprintf(`#!/bin/sh
echo "$*" >> %[1]s/calls
[ "$(wc -l < %[1]s/calls)" -gt %[2]d ]
`, dir, tt.failures))
			write(t, filepath.Join(dir, "sleep"), "#!/bin/sh\n")
			out, err := run(t, []string{"PATH=" + dir + ":" + os.Getenv("PATH")}, "sh", "temporal/namespace.sh")
			if (err == nil) != tt.ok {
				t.Fatalf("the script ends with %v:\n%s", err, out)
			}
			calls, err := os.ReadFile(filepath.Join(dir, "calls"))
			if err != nil {
				t.Fatal(err)
			}
			last := strings.HasPrefix(lastLine(string(calls)), "operator search-attribute create ")
			if last != tt.ok {
				t.Errorf("the last call is %q", lastLine(string(calls)))
			}
			if !tt.ok && !strings.Contains(out, "gave up: temporal operator cluster health") {
				t.Errorf("the script says %q", out)
			}
		})
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
