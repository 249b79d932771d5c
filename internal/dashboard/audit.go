package dashboard

import (
	"context"
	"encoding/csv"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"switchboard/internal/account"
	"switchboard/internal/problem"
	"switchboard/internal/results"
)

// auditPage is how many entries a page shows.
const auditPage = 100

// auditExported is the action of whoever exports the audit.
const auditExported account.Action = "audit.exported"

// auditData is what the page of the audit shows.
type auditData struct {
	Tabs    []navigation
	Entries []auditRow
	// Accounts and Actions are what the list can be narrowed to, Target, From and Until
	// what it is narrowed to.
	Accounts, Actions   []choice
	Target, From, Until string
	// Older and Export are addresses; Older is empty on the last page, Newest on the
	// first.
	Older, Newest, Export string
}

// auditRow is an entry as a row shows it.
type auditRow struct {
	account.Entry
	// What was done, Who did it, To whom, if it was a user, and to which key, if it was
	// Named.
	What, Who, To, Named, More string
	// Path shows the call that was judged, or the model that was changed.
	Path string
}

// shownAt is where the target of an entry is shown, empty if nowhere.
func shownAt(e account.Entry) string {
	switch e.Action {
	case callJudged:
		return callPath(e.Target)
	case modelPromoted, modelRolledBack, modelRetired:
		return modelPath(e.Details["task"], e.Target)
	}
	return ""
}

func (s *Server) audit(v *visit) error {
	q, err := v.auditQuery()
	if err != nil {
		return err
	}
	q.Before, q.Limit = v.r.FormValue("before"), auditPage+1
	users, err := s.Accounts.Users(v.r.Context())
	if err != nil {
		return err
	}
	actions, err := s.Accounts.Actions(v.r.Context())
	if err != nil {
		return err
	}
	names, named := map[string]string{}, map[string]string{}
	keys, err := s.callKeys.Keys(v.r.Context())
	if err != nil {
		return err
	}
	for _, k := range keys {
		named[k.ID] = k.Name
	}
	d := auditData{Tabs: v.adminTabs(), Target: q.Target, From: v.r.FormValue("from"), Until: v.r.FormValue("until")}
	for _, u := range users {
		names[u.ID] = u.Name
		d.Accounts = append(d.Accounts, choice{u.ID, u.Name, u.ID == q.Account})
	}
	for _, a := range actions {
		d.Actions = append(d.Actions, choice{string(a), word(v, auditTexts, a), a == q.Action})
	}
	err = s.Accounts.Audit(v.r.Context(), q, func(e account.Entry) error {
		d.Entries = append(d.Entries, auditRow{e, word(v, auditTexts, e.Action), names[e.Account], names[e.Target], named[e.Target], v.details(e.Details), shownAt(e)})
		return nil
	})
	if err != nil {
		return err
	}
	if len(d.Entries) > auditPage {
		d.Entries = d.Entries[:auditPage]
		if d.Older, err = with(v.r.URL, "before", d.Entries[auditPage-1].ID); err != nil {
			return err
		}
	}
	if q.Before != "" {
		if d.Newest, err = with(v.r.URL, "before", ""); err != nil {
			return err
		}
	}
	export := *v.r.URL
	export.Path += ".csv"
	if d.Export, err = with(&export, "before", ""); err != nil {
		return err
	}
	return v.render("audit", v.T("Audit"), d)
}

// auditQuery reads what the list is narrowed to. A day is one of the reader's zone.
func (v *visit) auditQuery() (q account.AuditQuery, err error) {
	q.Account, q.Action, q.Target = v.r.FormValue("account"), account.Action(v.r.FormValue("action")), strings.TrimSpace(v.r.FormValue("target"))
	if q.From, err = v.day("from"); err != nil {
		return q, err
	}
	if q.Until, err = v.day("until"); err == nil && !q.Until.IsZero() {
		q.Until = q.Until.AddDate(0, 0, 1)
	}
	return q, err
}

// day reads the first moment of a day from a form, zero if it has none.
func (v *visit) day(field string) (time.Time, error) {
	value := v.r.FormValue(field)
	if value == "" {
		return time.Time{}, nil
	}
	day, err := time.ParseInLocation(time.DateOnly, value, v.zone)
	if err != nil {
		return time.Time{}, badDay(value)
	}
	return day, nil
}

// auditTexts say what was done. A test finds those that are missing.
var auditTexts = map[account.Action]string{
	account.LoggedIn: text("logged in"), account.LoggedOut: text("logged out"), account.SessionsEnded: text("logged a user out everywhere"),
	account.UserCreated: text("added a user"), account.UserInvited: text("made a link to choose a password"), account.UserDisabled: text("disabled a user"), account.UserEnabled: text("enabled a user"),
	account.RoleChanged: text("changed a role"), account.PasswordChanged: text("changed a password"), account.LanguageChanged: text("changed the language"),
	account.ViewSaved: text("saved a view"), account.ViewDeleted: text("removed a view"),
	keyCreated: text("made an API key"), keyRevoked: text("revoked an API key"),
	modelPromoted: text("made a model the champion"), modelRolledBack: text("rolled back to a model"), modelRetired: text("retired a model"),
	modelApproved: text("approved a promotion"), modelRejected: text("rejected a promotion"),
	intakePaused: text("paused the intake"), intakeResumed: text("resumed the intake"), lettersReplayed: text("sent dead letters again"), lettersDiscarded: text("discarded dead letters"),
	schedulePaused: text("paused a schedule"), scheduleUnpaused: text("resumed a schedule"), scheduleTriggered: text("started a run of a schedule"),
	callJudged: text("judged a call"), judgementUndone: text("took a judgement back"), callsExported: text("exported calls"), auditExported: text("exported the audit"),
	"call.erased": text("erased a call"), "calls.expired": text("erased old calls"),
}

// detailTexts name what else is known of an entry, and valueTexts are words among it.
var (
	detailTexts = map[string]string{
		"role": text("Role"), "from": text("before"), "to": text("now"), "reason": text("Reason"), "task": text("Task"), "judgement": text("Judgement"), "kind": text("Chosen because"), "filter": text("Narrowed by"),
		"run": text("Run"), "sent": text("Sent"), "discarded": text("Discarded"), "which": text("Which"), "name": text("Name"), "before": text("Stored before"), "calls": text("Calls"), "by": text("By"),
	}
	valueTexts = map[string]map[string]string{
		"role": roleTexts, "from": roleTexts, "to": roleTexts, "which": {"all": text("all")},
		"kind": {results.Uncertain: text("The model was not sure"), results.FromSample: text("Chosen at random"), results.SecondOpinion: text("Chosen at random, for a second opinion")},
	}
	roleTexts = map[string]string{string(account.Viewer): text("viewer"), string(account.Reviewer): text("reviewer"), string(account.Admin): text("admin")}
)

// details are what else is known of an entry, in one line of the reader's language.
func (v *visit) details(all map[string]string) string {
	parts := make([]string, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		parts = append(parts, word(v, detailTexts, name)+": "+word(v, valueTexts[name], all[name]))
	}
	return strings.Join(parts, ", ")
}

// details are what else is known of an entry, in one line, as programs read it.
func details(all map[string]string) string {
	parts := make([]string, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		parts = append(parts, name+": "+all[name])
	}
	return strings.Join(parts, ", ")
}

// exportAudit streams the entries as CSV. People are pseudonyms in it.
func (s *Server) exportAudit(v *visit) error {
	q, err := v.auditQuery()
	if err != nil {
		return err
	}
	ctx := v.r.Context()
	known, err := s.pseudonyms(ctx)
	if err != nil {
		return err
	}
	if err := s.Accounts.Record(ctx, account.Entry{Account: v.user.ID, Action: auditExported}); err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	v.w.Header().Set("Content-Disposition", `attachment; filename="audit.csv"`)
	if err := v.writeAudit(q, known); err != nil {
		v.Log.Warn("an export was broken off", "error", err)
		panic(http.ErrAbortHandler) // nothing else tells the reader that this was not all
	}
	return nil
}

// auditAtOnce is how many entries of an export are read at once: no reader, however
// slow, holds the database.
const auditAtOnce = 1000

func (v *visit) writeAudit(q account.AuditQuery, known pseudonyms) error {
	out := csv.NewWriter(v.w)
	if err := out.Write([]string{"at", "account", "action", "target", "details"}); err != nil {
		return err
	}
	control := http.NewResponseController(v.w)
	q.Limit = auditAtOnce
	for {
		var page []account.Entry
		err := v.Accounts.Audit(v.r.Context(), q, func(e account.Entry) error {
			page = append(page, e)
			return nil
		})
		if err != nil {
			return err
		}
		_ = control.SetWriteDeadline(time.Now().Add(csvPatience)) // a writer without deadlines waits
		for _, e := range page {
			if err := out.Write(known.row(e)); err != nil {
				return err
			}
		}
		if out.Flush(); out.Error() != nil || len(page) < q.Limit {
			return out.Error()
		}
		q.Before = page[len(page)-1].ID
	}
}

// pseudonyms are what stands for users in exports, by their ids.
type pseudonyms map[string]string

func (p pseudonyms) of(id string) string {
	if p[id] != "" {
		return p[id]
	}
	return id
}

// row is an entry of an export.
func (p pseudonyms) row(e account.Entry) []string {
	return []string{csvTime(e.At), harmless(p.of(e.Account)), harmless(string(e.Action)), harmless(p.of(e.Target)), harmless(details(e.Details))}
}

func (s *Server) pseudonyms(ctx context.Context) (pseudonyms, error) {
	users, err := s.Accounts.Users(ctx)
	if err != nil {
		return nil, err
	}
	all := pseudonyms{}
	for _, u := range users {
		if all[u.ID], err = s.Base.Pseudonym(ctx, u.ID); err != nil {
			return nil, fmt.Errorf("naming users in an export: %w", err)
		}
	}
	return all, nil
}

func badDay(value string) error {
	return problem.Input("%q is no day; give one such as 2026-01-31", value)
}

// harmless keeps a spreadsheet from taking a cell for a formula, also by the wide
// signs of East Asian keyboards.
func harmless(cell string) string {
	if first, _ := utf8.DecodeRuneInString(cell); cell != "" && strings.ContainsRune("=+-@\t\r\n|%＝＋－＠", first) {
		return "'" + cell
	}
	return cell
}
