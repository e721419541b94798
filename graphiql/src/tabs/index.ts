// The tabs that a visitor finds: the main path, each ready to run. What only its owner can know, a password or a
// mailed code, is left empty in the variables.
import changePassword from "./change-password.graphql";
import createTeam from "./create-team.graphql";
import createUser from "./create-user.graphql";
import invite from "./invite.graphql";
import joinTeam from "./join-team.graphql";
import logInAsMax from "./log-in-as-max.graphql";
import logIn from "./log-in.graphql";
import register from "./register.graphql";
import sendCode from "./send-code.graphql";
import users from "./users.graphql";
import all from "./variables.json";
import viewer from "./viewer.graphql";

const tab = (query: string, variables: object) => ({ query, variables: JSON.stringify(variables, null, 2) });

export const tabs = [
  tab(logIn, all.LogIn),
  tab(changePassword, all.ChangePassword),
  tab(viewer, all.Viewer),
  tab(users, all.Users),
  tab(createUser, all.CreateUser),
  tab(createTeam, all.CreateTeam),
  tab(logInAsMax, all.LogInAsMax),
  tab(invite, all.Invite),
  tab(sendCode, all.SendCode),
  tab(register, all.Register),
  tab(joinTeam, all.JoinTeam),
];
