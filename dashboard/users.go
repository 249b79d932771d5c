package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"switchboard/internal/account"
	"switchboard/internal/console"
	"switchboard/internal/dashboard"
	"switchboard/internal/database"
	"switchboard/internal/problem"
)

// machine is who did what is done by a command: nobody who has an account.
var machine = account.User{}

// usersCommand is for whoever is at the machine, such as an admin who has lost their
// password. It needs the database alone.
func usersCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "users",
		Short: "List and change those who may use the dashboard",
		Args:  console.NoSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return problem.Input("%s needs a command; see `dashboard users --help`", cmd.CommandPath())
		},
	}
	cmd.AddCommand(
		onUsers("list", "List all users", nil, listUsers),
		addUser(),
		onUsers("invite", "Print a link by which a user chooses a password", []string{"NAME"}, func(ctx context.Context, s *account.Store, out io.Writer, args []string) error {
			return withUser(ctx, s, args[0], func(u account.User) error { return invite(ctx, s, out, u) })
		}),
		onUsers("role", "Give a user another role", []string{"NAME", "ROLE"}, func(ctx context.Context, s *account.Store, _ io.Writer, args []string) error {
			return withUser(ctx, s, args[0], func(u account.User) error { return s.SetRole(ctx, machine, u.ID, account.Role(args[1])) })
		}),
		onUsers("disable", "Lock a user out", []string{"NAME"}, func(ctx context.Context, s *account.Store, _ io.Writer, args []string) error {
			return withUser(ctx, s, args[0], func(u account.User) error { return s.Disable(ctx, machine, u.ID) })
		}),
		onUsers("enable", "Let a user in again", []string{"NAME"}, func(ctx context.Context, s *account.Store, _ io.Writer, args []string) error {
			return withUser(ctx, s, args[0], func(u account.User) error { return s.Enable(ctx, machine, u.ID) })
		}),
	)
	return cmd
}

// onUsers makes a command that works on the accounts of the database.
func onUsers(name, short string, args []string, do func(ctx context.Context, s *account.Store, out io.Writer, args []string) error) *cobra.Command {
	use := name
	for _, a := range args {
		use += " " + a
	}
	return &cobra.Command{
		Use:   use,
		Short: short,
		Args: func(cmd *cobra.Command, given []string) error {
			if len(given) != len(args) {
				return problem.Input("%s takes %d arguments, not %d: `dashboard users %s`", cmd.CommandPath(), len(args), len(given), use)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, given []string) error {
			base, err := database.FromSettings(cmd.Context(), os.Getenv)
			if err != nil {
				return err
			}
			defer base.Close()
			return do(cmd.Context(), account.New(base), cmd.OutOrStdout(), given)
		},
	}
}

func addUser() *cobra.Command {
	role := string(account.Viewer)
	cmd := onUsers("add", "Add a user, and print a link by which they choose a password", []string{"NAME"}, func(ctx context.Context, s *account.Store, out io.Writer, args []string) error {
		u, err := s.Create(ctx, account.NewUser{Name: args[0], Role: account.Role(role)})
		if err != nil {
			return err
		}
		return invite(ctx, s, out, u)
	})
	cmd.Flags().StringVar(&role, "role", role, "`role` of the user: viewer, reviewer or admin")
	return cmd
}

func withUser(ctx context.Context, s *account.Store, name string, do func(account.User) error) error {
	u, err := s.Find(ctx, name)
	if err != nil {
		return err
	}
	return do(u)
}

func invite(ctx context.Context, s *account.Store, out io.Writer, u account.User) error {
	token, err := s.Invite(ctx, machine, u.ID)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Within three days, %s chooses a password at\n%s%s\n", u.Name, dashboard.LoadPlace(os.Getenv).Page(), account.InvitationPath(token))
	return nil
}

func listUsers(ctx context.Context, s *account.Store, out io.Writer, _ []string) error {
	users, err := s.Users(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tROLE\tSTATE\tID\tSINCE")
	for _, u := range users {
		state := "active"
		switch {
		case !u.Disabled.IsZero():
			state = "disabled"
		case u.Invited:
			state = "invited"
		case u.External:
			state = "external"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", u.Name, u.Role, state, u.ID, u.Created.Format(time.DateOnly))
	}
	table.Flush()
	return nil
}
