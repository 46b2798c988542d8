drop table oidc_attempt, oidc_link, oidc_provider;
