// Command dashboard measures the page over a database of many calls: how long the
// server takes for each view, what a browser has to load, and what many open live
// lists cost while calls come in.
//
//	go run ./bench/dashboard -database postgres://.../scale
//	go run ./bench/dashboard -database postgres://.../scale -paint
//	go run ./bench/dashboard -database postgres://.../scale -streams 200 -rate 30 -for 1m
//
// bench/README-dashboard.md has what was seen. It adds a user, and with -rate calls.
package main

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"switchboard/internal/account"
	"switchboard/internal/dashboard"
	"switchboard/internal/database"
	"switchboard/internal/results"
)

type options struct {
	location string
	paint    bool
	streams  int
	rate     int
	during   time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.location, "database", "", "the database, as in DATABASE_URL")
	flag.BoolVar(&o.paint, "paint", false, "look with Chromium, and tell when a page is painted")
	flag.IntVar(&o.streams, "streams", 0, "how many live lists are open")
	flag.IntVar(&o.rate, "rate", 30, "calls a second that come in meanwhile")
	flag.DurationVar(&o.during, "for", time.Minute, "how long")
	flag.Parse()
	if err := run(context.Background(), o); err != nil {
		fmt.Fprintln(os.Stderr, "dashboard:", err)
		os.Exit(1)
	}
}

// bench is a dashboard with somebody who looks at it.
type bench struct {
	store    *results.Store
	accounts *account.Store
	address  string
	browser  *http.Client
}

func run(ctx context.Context, o options) error {
	base, err := database.Open(ctx, o.location)
	if err != nil {
		return err
	}
	defer base.Close()
	b, stop, err := start(ctx, base)
	if err != nil {
		return err
	}
	defer stop()
	if o.paint {
		return b.paint(ctx)
	}
	if o.streams > 0 {
		return b.live(ctx, o)
	}
	return b.pages(ctx)
}

func start(ctx context.Context, base *database.Store) (*bench, func(), error) {
	accounts, store := account.New(base), results.New(base)
	pages, err := dashboard.New(dashboard.Options{
		Base: base, Results: store, Accounts: accounts, Sessions: &account.Sessions{Accounts: accounts}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, nil, err
	}
	server := httptest.NewServer(pages)
	b := &bench{store: store, accounts: accounts, address: server.URL}
	if b.browser, err = b.login(ctx); err != nil {
		server.Close()
		return nil, nil, err
	}
	return b, server.Close, nil
}

// user adds one.
func (b *bench) user(ctx context.Context) (name, password string, err error) {
	name, password = "bench-"+strings.ToLower(rand.Text()[:8]), rand.Text()
	_, err = b.accounts.Create(ctx, account.NewUser{Name: name, Password: password, Role: account.Admin})
	return name, password, err
}

// login adds a user, and returns a browser in which the user has logged in.
func (b *bench) login(ctx context.Context) (*http.Client, error) {
	name, password, err := b.user(ctx)
	if err != nil {
		return nil, err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	browser := &http.Client{Jar: jar}
	answer, err := browser.PostForm(b.address+"/login", url.Values{"name": {name}, "password": {password}})
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("logging in: status %d", answer.StatusCode)
	}
	return browser, nil
}

// get returns a page and how long it took, from the request to its last byte.
func (b *bench) get(ctx context.Context, path string) (body string, took time.Duration, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, b.address+path, http.NoBody)
	if err != nil {
		return "", 0, err
	}
	begin := time.Now()
	answer, err := b.browser.Do(request)
	if err != nil {
		return "", 0, err
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: status %d", path, answer.StatusCode)
	}
	return string(content), time.Since(begin), err
}

var assets = regexp.MustCompile(`/assets/[^"]+`)

// pages measures each view ten times.
func (b *bench) pages(ctx context.Context) error {
	newest, err := b.store.List(ctx, results.Filter{}, "", 1)
	if err != nil || len(newest.Results) == 0 {
		return fmt.Errorf("there are no calls to look at: %w", err)
	}
	last := newest.Results[0]
	company := ""
	if last.Prediction != nil {
		company = "?company=" + url.QueryEscape(last.Prediction.Company)
	}
	fmt.Println("| page | first ms | median ms | worst ms of 9 | KB with its assets |\n|---|---|---|---|---|")
	for _, path := range []string{
		"/", "/?range=week", "/?range=month", "/calls", "/calls" + company, "/calls?q=word500", "/calls?q=zebra", "/calls?judged=yes",
		"/calls/" + url.PathEscape(last.ID), "/review", "/quality", "/models", "/runs", "/intake", "/admin/users", "/admin/audit", "/admin/retention", "/account",
	} {
		if err := b.measure(ctx, path); err != nil {
			fmt.Printf("| `%s` | %v | | | |\n", path, err)
		}
	}
	return nil
}

func (b *bench) measure(ctx context.Context, path string) error {
	var took []time.Duration
	var body string
	for range 10 {
		var t time.Duration
		var err error
		if body, t, err = b.get(ctx, path); err != nil {
			return err
		}
		took = append(took, t)
	}
	size := len(body)
	for _, asset := range assets.FindAllString(body, -1) {
		content, _, err := b.get(ctx, asset)
		if err != nil {
			return err
		}
		size += len(content)
	}
	first, again := took[0], slices.Sorted(slices.Values(took[1:]))
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	fmt.Printf("| `%s` | %.1f | %.1f | %.1f | %.0f |\n", path, ms(first), ms(again[4]), ms(again[8]), float64(size)/1000)
	return nil
}
