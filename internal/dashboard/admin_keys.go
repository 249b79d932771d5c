package dashboard

import (
	"context"
	"net/http"

	"switchboard/internal/account"
	"switchboard/internal/callkey"
	"switchboard/internal/database"
)

// What is done to keys, for the audit.
const (
	keyCreated account.Action = "key.created"
	keyRevoked account.Action = "key.revoked"
)

// keysData is what the page of the keys shows.
type keysData struct {
	Tabs []navigation
	Keys []keyRow
	// Made is a key to be handed on: it is shown once.
	Made string
}

// keyRow is a key as a row shows it.
type keyRow struct {
	callkey.Key
	// By is who made it.
	By string
}

func (s *Server) keys(v *visit) error { return s.showKeys(v, "") }

func (s *Server) showKeys(v *visit, made string) error {
	keys, err := s.callKeys.Keys(v.r.Context())
	if err != nil {
		return err
	}
	d := keysData{Tabs: v.adminTabs(), Made: made}
	for _, k := range keys {
		d.Keys = append(d.Keys, keyRow{k, v.personName(k.Account)})
	}
	return v.show(http.StatusOK, "keys", v.T("API keys"), d)
}

// addKey answers with the key itself instead of a redirect: nothing keeps it, so that
// nothing could show it later.
func (s *Server) addKey(v *visit) error {
	name := v.r.PostFormValue("name")
	made, err := s.callKeys.Create(v.r.Context(), name, v.user.ID, v.auditsKey(keyCreated, map[string]string{"name": name}))
	if err != nil {
		return err
	}
	return s.showKeys(v, made)
}

func (s *Server) revokeKey(v *visit) error {
	if err := s.callKeys.Revoke(v.r.Context(), v.r.PathValue("id"), v.auditsKey(keyRevoked, nil)); err != nil {
		return err
	}
	return v.redirect("/admin/keys", v.T("The key is revoked. Within a minute no call can come with it any more."))
}

// auditsKey is audits for a key, whose id is known when it is made.
func (v *visit) auditsKey(action account.Action, details map[string]string) callkey.Also {
	return func(ctx context.Context, t database.Tx, id string) error {
		return v.audits(action, id, details)(ctx, t)
	}
}
