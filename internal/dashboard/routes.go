package dashboard

import "switchboard/internal/account"

// route is a page or an action, and who may use it.
type route struct {
	// pattern is one of [http.ServeMux].
	pattern string
	// needs is the least role; empty lets everybody in.
	needs account.Role
	serve func(*visit) error
}

// everybody marks a route that needs no account.
const everybody account.Role = ""

// routes are all there are, besides the assets.
func (s *Server) routes() []route {
	return []route{
		{"GET /health", everybody, s.health},
		{"GET /{$}", account.Viewer, s.overview},
		{"GET /quality", account.Viewer, s.quality},
		{"GET /review", account.Reviewer, s.review},
		{"POST /calls/{id}/judgement", account.Reviewer, s.judge},
		{"POST /judgements/{id}/undo", account.Reviewer, s.undo},
	}
}
