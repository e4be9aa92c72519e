-- Two logins for the reference application's tables on PostgreSQL: one that plans, and one that applies.
-- Run it as the owner of the tables, who may create roles, once `provision migrate` has made the ledger with that login.
-- Then give both a password, or another way to log in: \password provision_plan
-- Everybody may connect to a database and use its schema "public". Where that was taken away, or in another schema:
-- GRANT CONNECT ON DATABASE … and GRANT USAGE ON SCHEMA … to both.

CREATE ROLE provision_plan LOGIN;
CREATE ROLE provision_apply LOGIN;

-- plan, validate --online, export, explain, history, history verify, rollback without --apply: for pull requests.
GRANT SELECT ON provision_version, provision_resource, provision_run, provision_change TO provision_plan;
GRANT SELECT ON sys_user, sys_api_key, sys_role, sys_user_role, sys_dept TO provision_plan;

-- apply, rotate, rollback --apply, plan --execute. The history can be added to, and not be rewritten.
GRANT SELECT ON provision_version TO provision_apply;
GRANT SELECT, INSERT ON provision_run, provision_change TO provision_apply;
GRANT SELECT, INSERT, UPDATE, DELETE ON provision_resource TO provision_apply;
GRANT SELECT, INSERT, UPDATE, DELETE ON sys_user, sys_api_key, sys_role, sys_dept TO provision_apply;
GRANT SELECT, INSERT, DELETE ON sys_user_role TO provision_apply;
GRANT USAGE ON SEQUENCE sys_user_id_seq, sys_api_key_id_seq, sys_role_id_seq, sys_dept_id_seq TO provision_apply;
