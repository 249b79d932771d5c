package account

import (
	"slices"

	"switchboard/internal/problem"
)

// Role is what a user may do. Each includes the ones before it.
type Role string

// The roles: who looks, who also says what calls are about, and who also changes
// models, the intake and users.
const (
	Viewer   Role = "viewer"
	Reviewer Role = "reviewer"
	Admin    Role = "admin"
)

// Roles are all roles, the least first.
var Roles = []Role{Viewer, Reviewer, Admin}

// ParseRole returns the role of that name. Any other name is a problem of kind
// BadInput.
func ParseRole(name string) (Role, error) {
	if slices.Contains(Roles, Role(name)) {
		return Role(name), nil
	}
	return "", problem.Input("%q is no role; give viewer, reviewer or admin", name)
}

// Includes tells whether whoever has the role r may do what needs the other one.
// What is no role includes none and is included in none.
func (r Role) Includes(other Role) bool {
	needs := slices.Index(Roles, other)
	return needs >= 0 && slices.Index(Roles, r) >= needs
}
