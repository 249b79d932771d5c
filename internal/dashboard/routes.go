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

		{"GET /models", account.Viewer, s.models},
		{"GET /models/{id}", account.Viewer, s.model},
		{"POST /models/change", account.Admin, s.changeModel},
		{"POST /models/approve", account.Admin, s.approve},
		{"GET /runs", account.Viewer, s.runs},
		{"GET /runs/{id}", account.Viewer, s.run},
		{"POST /schedules", account.Admin, s.changeSchedule},
		{"GET /intake", account.Viewer, s.intake},
		{"POST /intake", account.Admin, s.holdIntake},
		{"POST /intake/dead-letters", account.Admin, s.changeLetters},

		{"GET /login", everybody, s.loginForm},
		{"POST /login", everybody, s.login},
		{"GET /login/provider", everybody, s.loginByProvider},
		{"GET " + account.Callback, everybody, s.backFromProvider},
		{"POST /logout", everybody, s.logout},
		{"GET /welcome", everybody, s.welcome},
		{"POST /welcome", everybody, s.acceptInvitation},
		{"GET /account", account.Viewer, s.ownAccount},
		{"POST /account/language", account.Viewer, s.changeLanguage},
		{"POST /account/password", account.Viewer, s.changePassword},
		{"POST /views", account.Viewer, s.saveView},
		{"POST /views/delete", account.Viewer, s.deleteView},

		{"GET /admin", account.Admin, s.admin},
		{"GET /admin/users", account.Admin, s.users},
		{"POST /admin/users", account.Admin, s.addUser},
		{"GET /admin/users/{id}", account.Admin, s.user},
		{"POST /admin/users/{id}/role", account.Admin, s.changeRole},
		{"POST /admin/users/{id}/disable", account.Admin, s.disableUser},
		{"POST /admin/users/{id}/enable", account.Admin, s.enableUser},
		{"POST /admin/users/{id}/end-sessions", account.Admin, s.endSessions},
		{"POST /admin/users/{id}/invite", account.Admin, s.inviteUser},
		{"GET /admin/keys", account.Admin, s.keys},
		{"POST /admin/keys", account.Admin, s.addKey},
		{"POST /admin/keys/{id}/revoke", account.Admin, s.revokeKey},
		{"GET /admin/retention", account.Admin, s.retention},
		{"POST /admin/retention", account.Admin, s.erase},
		{"GET /admin/audit", account.Admin, s.audit},
		{"GET /admin/audit.csv", account.Admin, s.exportAudit},
		{"GET /review", account.Reviewer, s.review},
		{"POST /calls/{id}/judgement", account.Reviewer, s.judge},
		{"POST /judgements/{id}/undo", account.Reviewer, s.undo},
		{"GET /calls", account.Viewer, s.calls},
		{"GET /calls.csv", account.Viewer, s.callsCSV},
		{"GET /calls/{id}", account.Viewer, s.call},
		{"GET /calls/{id}/why", account.Viewer, s.why},
		{"GET /live", account.Viewer, s.live},
	}
}
