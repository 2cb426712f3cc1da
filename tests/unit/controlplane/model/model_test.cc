// SPDX-License-Identifier: LicenseRef-Project
// Goal: what the repositories store comes back, nobody reaches another organization's rows, and
// sessions, keys and windows end when they should. Against a throw-away cluster.
#include "controlplane/model/login_failure.h"
#include "controlplane/model/personal_api_key.h"
#include "controlplane/model/project.h"
#include "controlplane/model/session.h"
#include "controlplane/model/user.h"
#include "tests/support/postgres.h"
#include "tests/support/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cp::model {
namespace {

using testing::ElementsAre;

class ModelTest : public testing::Test {
 protected:
  ModelTest() { pool_.run(test_support::postgres_schema()); }

  struct Tenant {
    Organization organization;
    Project project;
    User user;
  };

  /// An organization with one project and one owner.
  static Tenant create_tenant(db::Transaction& transaction, const std::string& name) {
    Tenant tenant;
    tenant.organization = create_organization(transaction, name);
    tenant.project =
        create_project(transaction, tenant.organization.id, name + " app", "phc_" + name);
    tenant.user = create_user(transaction, {name + "@example.org", name, "hash " + name, name});
    add_member(transaction, tenant.organization.id, tenant.user.id, MembershipLevel::owner);
    set_current_project(transaction, tenant.user.id, tenant.organization.id, tenant.project.id);
    return tenant;
  }

  test_support::Postgres postgres_;
  db::Pool pool_{db::Options{.url = postgres_.url()}};
};

TEST_F(ModelTest, ProjectsAreSeenByMembersOnly) {
  auto transaction = pool_.begin();
  const auto ours = create_tenant(transaction, "ours");
  const auto theirs = create_tenant(transaction, "theirs");

  EXPECT_TRUE(find_project_of_user(transaction, ours.user.id, ours.project.id).has_value());
  EXPECT_FALSE(find_project_of_user(transaction, ours.user.id, theirs.project.id).has_value());
  EXPECT_FALSE(find_project_of_user(transaction, ours.user.id, 999).has_value());
  EXPECT_EQ(list_projects_of_user(transaction, ours.user.id).size(), 1U);
  EXPECT_EQ(list_projects(transaction).size(), 2U);
  EXPECT_EQ(find_project_by_token(transaction, "phc_theirs")->id, theirs.project.id);
  EXPECT_FALSE(find_project_by_token(transaction, "phc_nobody").has_value());
  EXPECT_EQ(find_organization(transaction, ours.organization.id)->name, "ours");
}

TEST_F(ModelTest, AProjectChangesOnlyWhereAsked) {
  auto transaction = pool_.begin();
  const auto tenant = create_tenant(transaction, "ours");
  ProjectChange change;
  change.timezone = "Europe/Berlin";
  change.week_start_day = 1;
  change.autocapture_opt_out = true;
  EXPECT_FALSE(tenant.project.session_recording_opt_in);
  change.session_recording_opt_in = true;
  EXPECT_EQ(tenant.project.cookieless_server_hash_mode, 0);
  EXPECT_FALSE(tenant.project.heatmaps_opt_in);
  change.cookieless_server_hash_mode = 1;
  change.heatmaps_opt_in = true;
  const auto changed = update_project(transaction, tenant.project.id, change);
  EXPECT_EQ(changed.name, "ours app");
  EXPECT_EQ(changed.timezone, "Europe/Berlin");
  EXPECT_EQ(changed.week_start_day, 1);
  EXPECT_TRUE(changed.autocapture_opt_out);
  EXPECT_TRUE(changed.session_recording_opt_in);
  EXPECT_EQ(changed.cookieless_server_hash_mode, 1);
  EXPECT_TRUE(changed.heatmaps_opt_in);
  EXPECT_THROW(update_project(transaction, 999, change), db::Error);
  EXPECT_TRUE(is_timezone(transaction, "Europe/Berlin"));
  EXPECT_FALSE(is_timezone(transaction, "Mars/Olympus"));
}

TEST_F(ModelTest, AnEmailIsOneAccountInAnyCase) {
  auto transaction = pool_.begin();
  const auto tenant = create_tenant(transaction, "ours");
  const auto found = find_user_by_email(transaction, "OURS@Example.org");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->user.id, tenant.user.id);
  EXPECT_EQ(found->password_hash, "hash ours");
  EXPECT_EQ(found->user.current_project_id, tenant.project.id);
  EXPECT_FALSE(find_user_by_email(transaction, "nobody@example.org").has_value());
  EXPECT_THROW(create_user(transaction, {"Ours@example.org", "", "h", "other"}),
               db::UniqueViolation);
}

TEST_F(ModelTest, ASessionEndsByTimeByDeletionAndWithItsUser) {
  const std::string first(32, '\x01');
  const std::string second(32, '\x02');
  auto transaction = pool_.begin();
  const auto tenant = create_tenant(transaction, "ours");
  create_session(transaction, first, tenant.user.id, std::chrono::hours(1));
  create_session(transaction, second, tenant.user.id, std::chrono::hours(1));
  EXPECT_EQ(find_session_user(transaction, first)->id, tenant.user.id);
  transaction.run("UPDATE sessions SET expires_at = now() WHERE token_hash = $1",
                  db::Parameters().bytes(first));
  EXPECT_FALSE(find_session_user(transaction, first).has_value());
  EXPECT_TRUE(find_session_user(transaction, second).has_value());
  transaction.run("UPDATE users SET is_active = false");
  EXPECT_FALSE(find_session_user(transaction, second).has_value());
  transaction.run("UPDATE users SET is_active = true");
  delete_session(transaction, second);
  EXPECT_FALSE(find_session_user(transaction, second).has_value());
}

TEST_F(ModelTest, AKeySpeaksForItsUserUntilItIsDeleted) {
  const std::string hash(32, '\x03');
  auto transaction = pool_.begin();
  const auto ours = create_tenant(transaction, "ours");
  const auto theirs = create_tenant(transaction, "theirs");
  const auto key =
      create_personal_api_key(transaction, ours.user.id,
                              {"k1", "script", hash, "phx_...abcd", {"query:read", "user:read"}});
  EXPECT_THAT(key.scopes, ElementsAre("query:read", "user:read"));
  EXPECT_FALSE(key.last_used_at.has_value());

  const auto holder = find_key_holder(transaction, hash);
  ASSERT_TRUE(holder.has_value());
  EXPECT_EQ(holder->user.id, ours.user.id);
  EXPECT_THAT(holder->scopes, ElementsAre("query:read", "user:read"));
  EXPECT_TRUE(list_personal_api_keys(transaction, ours.user.id)[0].last_used_at.has_value());

  EXPECT_FALSE(find_personal_api_key(transaction, theirs.user.id, "k1").has_value());
  EXPECT_FALSE(delete_personal_api_key(transaction, theirs.user.id, "k1"));
  EXPECT_TRUE(delete_personal_api_key(transaction, ours.user.id, "k1"));
  EXPECT_FALSE(find_key_holder(transaction, hash).has_value());
}

TEST_F(ModelTest, AttemptsAreCountedWithinTheirWindow) {
  auto transaction = pool_.begin();
  const auto window = std::chrono::seconds(900);
  EXPECT_EQ(count_login_attempt(transaction, "a", window).count, 1);
  const auto second = count_login_attempt(transaction, "a", window);
  EXPECT_EQ(second.count, 2);
  EXPECT_EQ(second.window_ends_in, window);
  EXPECT_EQ(count_login_attempt(transaction, "b", window).count, 1);
  forgive_login_attempt(transaction, "a");
  EXPECT_EQ(count_login_attempt(transaction, "a", window).count, 2);
  transaction.run("UPDATE login_failures SET window_ends_at = now()");
  EXPECT_EQ(count_login_attempt(transaction, "a", window).count, 1);
  delete_ended_login_windows(transaction);
  EXPECT_EQ(transaction.run("SELECT 1 FROM login_failures").size(), 1U);
}

}  // namespace
}  // namespace cp::model
