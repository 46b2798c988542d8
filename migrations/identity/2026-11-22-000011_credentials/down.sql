drop table sign_in_wait, former_password, recovery_code, second_factor, setting;
