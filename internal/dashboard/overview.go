package dashboard

// overview shows how calls are doing at a glance.
func (s *Server) overview(v *visit) error {
	return v.render("overview", v.T("Overview"), nil)
}
