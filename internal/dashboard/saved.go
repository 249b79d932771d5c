package dashboard

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
