package dashboard

import (
	"context"

	"switchboard/internal/account"
)

// roleNames are the roles as people read them.
var roleNames = map[account.Role]string{
	account.Viewer:   text("viewer"),
	account.Reviewer: text("reviewer"),
	account.Admin:    text("admin"),
}

// adminPages are the pages below that of the administration.
var adminPages = []struct{ path, name string }{
	{"/admin/users", text("Users")},
	{"/admin/keys", text("API keys")},
	{"/admin/audit", text("Audit")},
	{"/admin/retention", text("Retention")},
}

func (v *visit) adminTabs() []navigation {
	tabs := make([]navigation, 0, len(adminPages))
	for _, p := range adminPages {
		tabs = append(tabs, navigation{p.path, v.T(p.name), v.r.URL.Path == p.path})
	}
	return tabs
}

func (s *Server) admin(v *visit) error { return v.redirect(adminPages[0].path, "") }

// usersData is what the list of users shows.
type usersData struct {
	Tabs  []navigation
	Users []userRow
	Roles []choice
}

// userRow is a user as a row shows them.
type userRow struct {
	account.Listed
	Role, State string
}

func (s *Server) users(v *visit) error {
	users, err := s.Accounts.Users(v.r.Context())
	if err != nil {
		return err
	}
	d := usersData{Tabs: v.adminTabs(), Roles: v.roles(account.Viewer)}
	for _, u := range users {
		d.Users = append(d.Users, userRow{u, v.T(roleNames[u.Role]), v.state(u)})
	}
	return v.render("users", v.T("Users"), d)
}

func (v *visit) roles(chosen account.Role) (all []choice) {
	for _, r := range account.Roles {
		all = append(all, choice{string(r), v.T(roleNames[r]), r == chosen})
	}
	return all
}

func (v *visit) state(u account.Listed) string {
	switch {
	case !u.Disabled.IsZero():
		return v.T("disabled")
	case u.Invited:
		return v.T("has not chosen a password")
	case u.External:
		return v.T("by the identity provider")
	}
	return v.T("active")
}

// userData is what the page of one user shows.
type userData struct {
	User  userRow
	Roles []choice
	// Link is an invitation to be handed on: it is shown once.
	Link string
}

func (s *Server) user(v *visit) error { return s.showUser(v, v.r.PathValue("id"), "") }

func (s *Server) showUser(v *visit, id, link string) error {
	users, err := s.Accounts.Users(v.r.Context())
	if err != nil {
		return err
	}
	for _, u := range users {
		if u.ID == id {
			return v.render("user", u.Name, userData{userRow{u, v.T(roleNames[u.Role]), v.state(u)}, v.roles(u.Role), link})
		}
	}
	return errNotFound
}

func (s *Server) addUser(v *visit) error {
	u, err := s.Accounts.CreateBy(v.r.Context(), *v.user, account.NewUser{Name: v.r.PostFormValue("name"), Role: account.Role(v.r.PostFormValue("role"))})
	if err != nil {
		return err
	}
	return s.showInvitation(v, u.ID)
}

func (s *Server) inviteUser(v *visit) error { return s.showInvitation(v, v.r.PathValue("id")) }

// showInvitation answers with the link itself instead of a redirect: nothing keeps it,
// so that nothing could show it later.
func (s *Server) showInvitation(v *visit, id string) error {
	token, err := s.Accounts.Invite(v.r.Context(), *v.user, id)
	if err != nil {
		return err
	}
	return s.showUser(v, id, s.Sessions.Address(v.r, account.InvitationPath(token)))
}

// changeUser carries a change of a user out, and goes back to their page.
func (v *visit) changeUser(done string, change func(ctx context.Context, by account.User, id string) error) error {
	id := v.r.PathValue("id")
	if err := change(v.r.Context(), *v.user, id); err != nil {
		return err
	}
	return v.redirect("/admin/users/"+id, done)
}

func (s *Server) changeRole(v *visit) error {
	return v.changeUser(v.T("The role is changed, and the user logged out."), func(ctx context.Context, by account.User, id string) error {
		return s.Accounts.SetRole(ctx, by, id, account.Role(v.r.PostFormValue("role")))
	})
}

func (s *Server) disableUser(v *visit) error {
	return v.changeUser(v.T("The user is disabled and logged out."), s.Accounts.Disable)
}

func (s *Server) enableUser(v *visit) error {
	return v.changeUser(v.T("The user may log in again."), s.Accounts.Enable)
}

func (s *Server) endSessions(v *visit) error {
	return v.changeUser(v.T("The user is logged out everywhere."), s.Accounts.EndSessions)
}
