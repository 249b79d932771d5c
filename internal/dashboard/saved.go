package dashboard

import (
	"net/url"

	"switchboard/internal/account"
)

// savedView is a list of calls that the reader has kept, and its address.
type savedView struct{ Name, Href string }

func (v *visit) savedViews() ([]savedView, error) {
	views, err := v.Accounts.Views(v.r.Context(), v.user.ID)
	if err != nil {
		return nil, err
	}
	all := make([]savedView, len(views))
	for i, view := range views {
		all[i] = savedView{view.Name, "/calls?" + view.Query}
	}
	return all, nil
}

// saveView keeps a list of calls under a name. Of its address it keeps what it
// means, so that nobody is led anywhere else by it.
func (s *Server) saveView(v *visit) error {
	q, err := url.ParseQuery(v.r.PostFormValue("query"))
	if err != nil {
		return bad(v.T("This is no address of a list of calls."))
	}
	f, err := v.filter(q)
	if err != nil {
		return err
	}
	name := v.r.PostFormValue("name")
	if err := s.Accounts.SaveView(v.r.Context(), v.user.ID, account.View{Name: name, Query: queryOf(f).Encode()}); err != nil {
		return err
	}
	return v.redirect(callsPath(f), v.T("The view is saved as %q.", name))
}

// deleteView removes a saved view.
func (s *Server) deleteView(v *visit) error {
	name := v.r.PostFormValue("name")
	if err := s.Accounts.DeleteView(v.r.Context(), v.user.ID, name); err != nil {
		return err
	}
	return v.redirect("/calls", v.T("The view %q is removed.", name))
}
