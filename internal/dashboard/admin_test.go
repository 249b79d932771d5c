package dashboard

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"switchboard/internal/account"
	"switchboard/internal/callkey"
)

func TestAnAdminChangesUsers(t *testing.T) {
	w := newWorld(t)
	admin, viewer := w.as(account.Admin), w.visitor(account.Viewer)
	id := w.people[account.Viewer].ID
	admin.get("/admin/users").says(t, http.StatusOK, "the-viewer", "the-reviewer", "the-admin")
	admin.get("/admin/users/"+id).says(t, http.StatusOK, "the-viewer", id)
	admin.get("/admin/users/x").says(t, http.StatusNotFound)
	admin.post("/admin/users/"+id+"/role", "role", "root").says(t, http.StatusBadRequest)
	if !viewer.loggedIn() {
		t.Error("what failed has logged the user out")
	}
	admin.post("/admin/users/"+id+"/role", "role", "reviewer").says(t, http.StatusOK, "The role is changed")
	if viewer.loggedIn() {
		t.Error("the session with the role before goes on")
	}
	admin.post("/admin/users/"+id+"/disable").says(t, http.StatusOK, "disabled")
	if got := w.stranger().login("the-viewer", testPassword).StatusCode; got != http.StatusUnauthorized {
		t.Errorf("a disabled user: status %d", got)
	}
	admin.post("/admin/users/"+id+"/enable").says(t, http.StatusOK, "may log in again")
	admin.post("/admin/users/"+w.people[account.Admin].ID+"/disable").says(t, http.StatusBadRequest, "This is the last admin")
	admin.post("/admin/users", "name", "THE-viewer", "role", "viewer").says(t, http.StatusBadRequest, "There is a user with that name already.")
	admin.get("/admin/audit").says(t, http.StatusOK, "disabled a user", "enabled a user", "before: viewer, now: reviewer", "the-admin")
}

// A key is made on the page, shown once, and revoked; the audit tells who did it.
func TestKeysOfCalls(t *testing.T) {
	w := newWorld(t)
	admin := w.as(account.Admin)
	admin.get("/admin/keys").says(t, http.StatusOK, "No keys have been made here yet.")
	made := admin.post("/admin/keys", "name", "The <b>telephone</b> system")
	made.says(t, http.StatusOK, "The &lt;b&gt;telephone&lt;/b&gt; system", "in use", "the-admin", "not shown again")
	key := regexp.MustCompile(`readonly value="([^"]+)"`).FindStringSubmatch(made.body)
	if key == nil || made.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("there is no key, or the browser keeps it:\n%s", made.body)
	}
	if ok, err := callkey.New(w.base).Use(t.Context(), key[1]); err != nil || !ok {
		t.Errorf("the key is none: %v", err)
	}
	list := admin.get("/admin/keys")
	list.lacks(t, key[1])
	list.says(t, http.StatusOK, "in use")
	admin.post("/admin/keys", "name", "").says(t, http.StatusBadRequest, "Give the key a name of 1 to 64 characters.")
	id := w.audited(keyCreated)[0].Target
	admin.post("/admin/keys/"+id+"/revoke").says(t, http.StatusOK, "The key is revoked.", "revoked")
	if ok, err := callkey.New(w.base).Use(t.Context(), key[1]); err != nil || ok {
		t.Errorf("the key goes on: %v", err)
	}
	admin.post("/admin/keys/none/revoke").says(t, http.StatusBadRequest, "There is no such key.")
	if made, revoked := w.audited(keyCreated), w.audited(keyRevoked); len(made) != 1 || len(revoked) != 1 || revoked[0].Target != id || revoked[0].Account != w.people[account.Admin].ID || strings.Contains(made[0].Details["name"], key[1]) {
		t.Errorf("the audit has %+v and %+v", made, revoked)
	}
	admin.get("/admin/audit").says(t, http.StatusOK, "made an API key", `<a href="/admin/keys">The &lt;b&gt;telephone&lt;/b&gt; system</a>`)
	for _, role := range []account.Role{account.Viewer, account.Reviewer} {
		w.as(role).post("/admin/keys", "name", "x").says(t, http.StatusForbidden)
	}
}

func TestLanguageOfAnAccount(t *testing.T) {
	w := newWorld(t)
	b := w.as(account.Viewer)
	b.post("/account/language", "language", "de").says(t, http.StatusOK, `lang="de"`, "Die Sprache ist geändert.", "Ihr Konto")
	b.get("/account").says(t, http.StatusOK, `lang="de"`)
	b.post("/account/language", "language", "xx").says(t, http.StatusBadRequest)
	b.post("/account/language", "language", "").says(t, http.StatusOK, `lang="en"`, "Your account")
}

func TestSavedViewsAreOnesOwn(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.as(account.Viewer), w.as(account.Reviewer)
	ann.post("/views", "name", "unsure ones", "query", "status=unsure").says(t, http.StatusOK, "The view is saved.", "unsure ones")
	ann.get("/calls").says(t, http.StatusOK, "unsure ones", `href="/calls?status=unsure"`)
	bob.get("/calls").lacks(t, "unsure ones")
	bob.post("/views/delete", "name", "unsure ones")
	ann.get("/calls").says(t, http.StatusOK, "unsure ones")
	ann.post("/views", "name", "", "query", "status=unsure").says(t, http.StatusBadRequest, "Give the view a name of 1 to 64 characters.")
	ann.post("/views/delete", "name", "unsure ones").says(t, http.StatusOK, "The view is removed.")
	ann.get("/calls").lacks(t, "unsure ones")
}
