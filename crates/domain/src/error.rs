//! The one table of error codes, each with its HTTP status and words in Japanese and English.
//!
//! A code is `area.snake_case` and never changes its meaning. `{name}` in a text is filled from the
//! parameters of the [`Problem`] or [`FieldError`] that carries it. `meguri contracts` writes this
//! table to `contracts/error-codes.md`.
use std::fmt;

/// One row of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// `area.snake_case`
    pub code: &'static str,
    /// HTTP status of a problem with this code. A code that only ever stands in `errors[]` has the
    /// status of the problem around it (422); a warning has 0.
    pub status: u16,
    /// Japanese text.
    pub ja: &'static str,
    /// English text.
    pub en: &'static str,
}

macro_rules! codes {
    ($($name:ident = $code:literal, $status:literal, $ja:literal, $en:literal;)+) => {
        $(#[doc = concat!("`", $code, "` (", stringify!($status), "): `", $en, "`")]
        pub static $name: Code = Code { code: $code, status: $status, ja: $ja, en: $en };)+
        /// Every code, in the order of the table.
        pub static ALL: &[&Code] = &[$(&$name),+];
    };
}

codes! {
    // who is asking
    AUTH_MISSING_TOKEN = "auth.missing_token", 401, "サインインが必要です。Authorization ヘッダーにトークンを付けてください。", "Sign in first: send a token in the Authorization header.";
    AUTH_INVALID_TOKEN = "auth.invalid_token", 401, "トークンが無効か、期限が切れています。もう一度サインインしてください。", "The token is not valid or has expired. Sign in again.";
    AUTH_BAD_CREDENTIALS = "auth.bad_credentials", 401, "利用者名またはパスワード（シークレット）が違います。", "The name or the password (secret) is wrong.";
    AUTH_FORBIDDEN = "auth.forbidden", 403, "この操作を行う権限がありません。", "Your role may not do this.";
    AUTH_TOO_MANY_ATTEMPTS = "auth.too_many_attempts", 429, "サインインの試行回数が上限を超えました。{seconds}秒後にやり直してください。", "Too many attempts to sign in. Try again in {seconds} s.";
    AUTH_REVOKED = "auth.revoked", 401, "このサインインは取り消されました。もう一度サインインしてください。", "This sign-in was revoked. Sign in again.";
    AUTH_SESSION_ENDED = "auth.session_ended", 401, "サインインの有効時間が過ぎたか、サインアウト済みです。もう一度サインインしてください。", "The session has ended. Sign in again.";
    AUTH_FORGERY_SUSPECTED = "auth.forgery_suspected", 403, "別のサイトから送られた可能性があるため受け付けません。画面を開き直してください。", "This may have been sent by another site. A request with the cookie needs the header Meguri-Request: console and must come from this site.";
    AUTH_SECOND_FACTOR_REQUIRED = "auth.second_factor_required", 401, "確認コードを入力してください。", "Give the code of your second factor.";
    AUTH_ENROLMENT_REQUIRED = "auth.enrolment_required", 403, "二要素認証の登録が必要です。登録してからサインインしてください。", "Enrol a second factor first.";
    AUTH_SECOND_FACTOR_WRONG = "auth.second_factor_wrong", 401, "確認コードが違うか、既に使われています。次のコードを入力してください。", "The code is wrong or was used already. Give the next one.";
    SECOND_FACTOR_NOTHING_PENDING = "second_factor.nothing_pending", 409, "登録の途中ではありません。二要素認証の登録を最初からやり直してください。", "No enrolment is waiting to be confirmed. Begin again.";
    PASSWORD_TOO_SHORT = "password.too_short", 422, "パスワードは{min}文字以上にしてください。", "Use at least {min} characters.";
    PASSWORD_TOO_LONG = "password.too_long", 422, "パスワードは{max}バイトまでです。", "Use at most {max} bytes.";
    PASSWORD_CONTAINS_NAME = "password.contains_name", 422, "パスワードに利用者名を含めないでください。", "Do not use the account's name in the password.";
    PASSWORD_COMMON = "password.common", 422, "推測されやすいパスワードです。別のものにしてください。", "This password is easy to guess. Choose another one.";
    PASSWORD_REUSED = "password.reused", 422, "直近{last}回のパスワードは使えません。", "None of the last {last} passwords can be used again.";
    SERVICE_ACCOUNT_NOT_FOUND = "service_account.not_found", 404, "機械用アカウント {name} はありません。", "There is no service account {name}.";
    SERVICE_ACCOUNT_NAME_TAKEN = "service_account.name_taken", 409, "名前 {name} は既に使われています。", "The name {name} is taken.";
    OIDC_PROVIDER_NOT_FOUND = "oidc.provider_not_found", 404, "サインイン先 {provider} はありません。", "There is no provider {provider} to sign in by.";
    OIDC_PROVIDER_EXISTS = "oidc.provider_exists", 409, "サインイン先 {provider} は既にあります。", "There is a provider {provider} already.";
    OIDC_REFUSED = "oidc.refused", 403, "組織のサインイン先からの応答を確かめられませんでした。最初からやり直してください。", "What your organisation's provider answered could not be verified. Begin again.";
    OIDC_NOT_LINKED = "oidc.not_linked", 403, "この人に結び付いたアカウントがありません。アカウントの発行元に連絡してください。", "No account is linked to this person. Ask whoever issues your accounts.";
    SESSION_NOT_FOUND = "session.not_found", 404, "サインイン {session} はありません。", "There is no session {session} of yours.";
    // accounts, invitations, delegations
    ACCOUNT_NOT_FOUND = "account.not_found", 404, "アカウント {name} はありません。", "There is no account {name}.";
    ACCOUNT_NAME_TAKEN = "account.name_taken", 409, "アカウント名 {name} は既に使われています。", "The account name {name} is taken.";
    ACCOUNT_DUPLICATE_NAME = "account.duplicate_name", 422, "アカウント名 {name} がこの一覧に二度書かれています。", "The account name {name} stands twice in this list.";
    ACCOUNT_MALFORMED_NAME = "account.malformed_name", 422, "アカウント名は英小文字・数字・ハイフンで1～63文字、先頭は英数字です（入力: {value}）。", "An account name is 1 to 63 lower-case letters, digits and hyphens, and begins with a letter or digit (given: {value}).";
    ACCOUNT_UNKNOWN_ROLE = "account.unknown_role", 422, "役割 {value} はありません。", "There is no role {value}.";
    ACCOUNT_WRONG_HOME = "account.wrong_home", 422, "役割 {role} の所属先は {wanted} で指定してください。", "An account of role {role} needs as its home: {wanted}.";
    ACCOUNT_WRONG_ORGANISATION = "account.wrong_organisation", 422, "この組織は、この役割と所属先のアカウントの組織ではありません。", "This organisation is not one for accounts of this role and home.";
    ACCOUNT_ORGANISATION_MISSING = "account.organisation_missing", 422, "組織のIDか、新しい組織の名称（日本語・英語）を書いてください。", "Name the organisation by its id, or a new one by its names in Japanese and English.";
    ACCOUNT_ORGANISATION_CLOSED = "account.organisation_closed", 409, "この組織は {day} に閉じられました。", "This organisation was closed on {day}.";
    ACCOUNT_MALFORMED_MAIL = "account.malformed_mail", 422, "メールアドレスの書式が正しくありません。", "The mail address is malformed.";
    ACCOUNT_MAIL_MISSING = "account.mail_missing", 422, "招待をメールで送るには、アカウントのメールアドレスが必要です。", "To invite by mail, the account needs a mail address.";
    ACCOUNT_MAY_NOT_ISSUE = "account.may_not_issue", 403, "役割 {role} のアカウントを {home} に発行できるのは、上位の組織か、同じ組織の管理者だけです。", "Accounts of role {role} at {home} are issued by the level above, or by an administrator of the same organisation.";
    ACCOUNT_NOT_ADMINISTRATOR = "account.not_administrator", 403, "アカウントを扱えるのは、組織の管理者だけです。", "Only an organisation's administrators look after accounts.";
    ACCOUNT_OWN = "account.own", 403, "自分自身のアカウントにはこの操作はできません。", "This cannot be done to one's own account.";
    ACCOUNT_WRONG_STATE = "account.wrong_state", 409, "アカウントの状態が「{state}」のため、この操作はできません。", "The account is {state}; this cannot be done to it.";
    ACCOUNT_NOT_A_PERSON = "account.not_a_person", 422, "これは機械のアカウントです。招待はできません。", "This is a machine's account; it cannot be invited.";
    ACCOUNT_EXPIRES_IN_PAST = "account.expires_in_past", 422, "期限 {value} は過ぎています。", "The end {value} has passed.";
    INVITATION_NOT_VALID = "invitation.not_valid", 401, "この招待は使えません（期限切れ、使用済み、または誤り）。発行した組織に新しい招待を求めてください。", "This invitation is not valid: it is wrong, was used, or has expired. Ask who issued it for a new one.";
    DELEGATION_NOT_FOUND = "delegation.not_found", 404, "委任 {delegation} はありません。", "There is no delegation {delegation}.";
    DELEGATION_NOT_TO_GIVE = "delegation.not_to_give", 422, "次の操作は委任できません: {actions}", "This cannot be delegated: {actions}";
    DELEGATION_DAYS = "delegation.days", 422, "期間は {from} 以降に始まり、{days}日以内にしてください。", "A delegation begins on {from} or later, ends on its first day or later, and lasts {days} days at most.";
    DELEGATION_WRONG_TAKER = "delegation.wrong_taker", 422, "アカウント {name} には委任できません（ほかの組織の、利用中のアカウントに限ります）。", "Nothing can be delegated to the account {name}: it must be one of another organisation, in use.";
    DELEGATION_SECOND_PERSON = "delegation.second_person", 409, "この委任は {name} が作成しました。確認は同じ組織の別の人が行います。", "{name} made this delegation; somebody else of the same organisation must confirm it.";
    DELEGATION_WRONG_STATE = "delegation.wrong_state", 409, "委任の状態が「{state}」のため、この操作はできません。", "The delegation is {state}; this cannot be done to it.";
    DELEGATION_NOT_IN_FORCE = "delegation.not_in_force", 403, "この委任は今は有効ではありません。", "This delegation is not in force now.";
    // notices
    NOTICE_NOT_FOUND = "notice.not_found", 404, "お知らせ {notice} はありません。", "There is no notice {notice}.";
    NOTICE_NUMBER_TAKEN = "notice.number_taken", 409, "番号 {number} は既に使われています。", "The number {number} is taken.";
    NOTICE_WRONG_AUDIENCE = "notice.wrong_audience", 422, "管轄外の宛先が含まれています: {territories}", "Outside of what you may address: {territories}";
    NOTICE_VITAL_IS_PUBLIC = "notice.vital_is_public", 422, "サインイン前に表示する重要なお知らせは、公開にしてください。", "A vital notice is shown before signing in, and must be public.";
    NOTICE_WITHDRAWN = "notice.withdrawn", 409, "お知らせ {notice} は取り下げられました。", "The notice {notice} was withdrawn.";
    NOTICE_STALE = "notice.stale", 409, "版 {given} を直そうとしましたが、今の版は {current} です。読み直してください。", "You corrected version {given}, but the newest is {current}. Read it again.";
    NOTICE_ATTACHMENT = "notice.attachment", 422, "添付は、https のリンクか、{limit_bytes}バイトまでのファイル（Base64）のどちらか一つです: {reason}", "An attachment is either an https link or a file of at most {limit_bytes} bytes (Base64): {reason}";
    // the request as such
    REQUEST_MALFORMED = "request.malformed", 400, "リクエストの書式が正しくありません: {reason}", "The request is malformed: {reason}";
    REQUEST_INVALID_UTF8 = "request.invalid_utf8", 400, "本文がUTF-8ではありません（{position}バイト目）。", "The body is not UTF-8 (at byte {position}).";
    REQUEST_NOT_FOUND = "request.not_found", 404, "このアドレスには何もありません。", "There is nothing at this address.";
    REQUEST_METHOD_NOT_ALLOWED = "request.method_not_allowed", 405, "このメソッドは使えません。使えるもの: {allow}", "This method is not allowed here. Allowed: {allow}";
    REQUEST_TOO_SLOW = "request.too_slow", 408, "本文の受信が{seconds}秒以内に終わりませんでした。", "The body did not arrive within {seconds} s.";
    REQUEST_TOO_LARGE = "request.too_large", 413, "本文が大きすぎます。上限は{limit_bytes}バイトです。", "The body is too large. At most {limit_bytes} bytes.";
    REQUEST_UNSUPPORTED_MEDIA_TYPE = "request.unsupported_media_type", 415, "Content-Type は application/json にしてください。", "Send Content-Type: application/json.";
    REQUEST_RATE_LIMITED = "request.rate_limited", 429, "リクエストが多すぎます。1秒あたり{limit}件までです。", "Too many requests: at most {limit} a second.";
    REQUEST_TOO_MANY_BATCHES = "request.too_many_batches", 429, "一つのアカウントが同時に送れる一括報告は{limit}件までです。前のものが終わってから送り直してください。", "An account may have {limit} batches on their way at once. Send again when one has finished.";
    REQUEST_TOO_MANY_ITEMS = "request.too_many_items", 422, "一度に送れるのは{limit}件までです。", "At most {limit} items at once.";
    REQUEST_INVALID = "request.invalid", 422, "内容に誤りがあります。errors を見てください。", "The content is not valid; see errors.";
    REQUEST_INVALID_FIELD = "request.invalid_field", 422, "この項目の値が正しくありません: {reason}", "This field is not valid: {reason}";
    REQUEST_NUL_CHARACTER = "request.nul_character", 422, "保存できない文字（U+0000）が含まれています。", "The text contains the character U+0000, which cannot be stored.";
    REQUEST_UNSUPPORTED_ENCODING = "request.unsupported_encoding", 415, "本文は圧縮せずUTF-8で送ってください（Content-Encoding なし、charset は utf-8）。", "Send the body in UTF-8 and not compressed (no Content-Encoding; charset utf-8 if any).";
    IDEMPOTENCY_KEY_REUSED = "idempotency.key_reused", 422, "このIDは別の内容で既に使われています。新しいIDを付けてください。", "This id was already used with another body. Make a new id.";
    SERVICE_UNAVAILABLE = "service.unavailable", 503, "一時的に処理できません。しばらくして（書き込みは同じIDのまま）送り直してください。", "Temporarily unavailable. Send again in a moment; a write with the same id.";
    SERVICE_INTERNAL = "service.internal", 500, "内部で問題が起きました。request_id を添えてお知らせください。", "Something went wrong inside. Report it with the request_id.";
    READ_NOT_YET_VISIBLE = "read.not_yet_visible", 503, "指定された書き込みがまだ反映されていません。しばらくしてやり直してください。", "The write you named is not visible here yet. Try again in a moment.";
    // time and place
    TIME_MALFORMED_DAY = "time.malformed_day", 422, "日付は 2021-04-05 のように書いてください（入力: {value}）。", "Write the day like 2021-04-05 (given: {value}).";
    TIME_MALFORMED_INSTANT = "time.malformed_instant", 422, "日時は 2021-04-05T13:00:00+09:00 のように時差を付けて書いてください（入力: {value}）。", "Write the instant with its offset, like 2021-04-05T13:00:00+09:00 (given: {value}).";
    TIME_IN_FUTURE = "time.in_future", 422, "日時 {value} はまだ来ていません（現在 {now}）。", "The instant {value} has not come yet (it is {now}).";
    TIME_CLOCK_NOT_TRAINING = "time.clock_not_training", 403, "時計を動かせるのは訓練環境だけです。", "Only a training instance has a clock that can be stepped.";
    TIME_CLOCK_IS_REAL = "time.clock_is_real", 409, "この環境は本番です。訓練環境に変えることはできません。", "This is a real instance; it cannot be made a training instance.";
    TIME_CLOCK_IS_TRAINING = "time.clock_is_training", 409, "この環境は訓練用です。本番に変えることはできません。", "This is a training instance; it cannot be made a real one.";
    TIME_CLOCK_BACKWARDS = "time.clock_backwards", 422, "時計は戻せません（現在 {now}）。", "The clock cannot go back (it is {now}).";
    TERRITORY_MALFORMED = "territory.malformed", 422, "地方公共団体コードは6桁の数字です（入力: {code}）。", "A territory code is six digits (given: {code}).";
    TERRITORY_CHECK_DIGIT = "territory.check_digit", 422, "地方公共団体コード {code} の検査数字が違います。{expected} ではありませんか。", "The check digit of territory code {code} is wrong. Did you mean {expected}?";
    TERRITORY_NOT_FOUND = "territory.not_found", 404, "団体コード {code} の自治体はありません。", "There is no territory {code}.";
    TERRITORY_IS_CITY_WARD = "territory.is_city_ward", 422, "{code} は{name}（行政区）です。市のコード {parent} を使ってください。", "{code} is {name}, a ward of a designated city. Use the city's code {parent}.";
    TERRITORY_NORTHERN_VILLAGE = "territory.northern_village", 422, "{code} は北方領土の村（{name}）で、集計の対象ではありません。", "{code} is {name}, a village of the northern territories, for which nothing is reported.";
    TERRITORY_CANNOT_MERGE = "territory.cannot_merge", 422, "{code} は {into} に編入できません。同じ都道府県の別の市区町村を指定してください。", "{code} cannot be merged into {into}. Name another municipality of the same prefecture.";
    TERRITORY_MERGED = "territory.already_merged", 409, "{code} は {on} に {into} へ合併することが登録されています。", "{code} is recorded as merging into {into} on {on}.";
    TIME_DAY_PASSED = "time.day_passed", 422, "{day} は今日（{today}）より後の日にしてください。", "The day {day} must lie after today ({today}).";
    // sharing agreements
    SHARING_NOT_FOUND = "sharing.not_found", 404, "共有の取り決め {agreement} はありません。", "There is no sharing agreement {agreement}.";
    SHARING_ENDED = "sharing.already_ended", 409, "共有の取り決め {agreement} は既に終わっています。", "The sharing agreement {agreement} is over already.";
    SHARING_UNKNOWN_RECEIVER = "sharing.unknown_receiver", 422, "共有先にできる組織 {receiver} はありません。", "There is no organisation {receiver} with whom this could be shared.";
    SHARING_UNKNOWN_AREA = "sharing.unknown_medical_area", 422, "二次医療圏 {area} は {giver} にありません。", "There is no medical area {area} in {giver}.";
    SHARING_WRONG_DAYS = "sharing.wrong_days", 422, "終了日 {until} は、開始日 {from} と今日（{today}）以後にしてください。", "The last day {until} must lie neither before the first, {from}, nor before today ({today}).";
    // facilities
    FACILITY_CLOSED = "facility.already_closed", 409, "この施設は {closed_on} から閉鎖と登録されています。", "This facility is recorded as closed from {closed_on} on.";
    FACILITY_NOT_CLOSED = "facility.not_closed", 409, "この施設は閉鎖されていません。", "This facility is not closed.";
    FACILITY_MALFORMED_KEY = "facility.malformed_key", 422, "施設は UUID、10桁の医療機関コード、または gmis:<ID> で指定してください（入力: {value}）。", "Name the facility by uuid, ten-digit code, or gmis:<id> (given: {value}).";
    FACILITY_MALFORMED_CODE = "facility.malformed_code", 422, "医療機関コードは10桁の数字、またはXと10桁の数字です（入力: {value}）。", "A facility code is ten digits, or X and ten digits (given: {value}).";
    FACILITY_MALFORMED_GMIS_ID = "facility.malformed_gmis_id", 422, "医療機関IDは8桁または10桁の数字、または cov と5桁の数字です（入力: {value}）。", "A G-MIS id is eight or ten digits, or cov and five digits (given: {value}).";
    FACILITY_NOT_FOUND = "facility.not_found", 404, "施設 {key} は見つかりません。", "There is no facility {key}.";
    // access in an emergency
    BREAK_GLASS_NOT_FOUND = "break_glass.not_found", 404, "緊急閲覧 {id} は見つかりません。", "There is no emergency access {id}.";
    BREAK_GLASS_NOT_NEEDED = "break_glass.not_needed", 409, "この施設の報告は、ふだんの権限で見られます。緊急閲覧は要りません。", "You see this without an emergency access.";
    BREAK_GLASS_TOO_MANY = "break_glass.too_many", 409, "同時に開ける緊急閲覧は{limit}件までです。", "An account may have {limit} emergency accesses at once.";
    BREAK_GLASS_SECOND_PERSON = "break_glass.second_person", 409, "緊急閲覧の確認は、申請した人とは別の人が行います。", "Somebody else than the one who asked must say whether it was right.";
    BREAK_GLASS_REVIEWED = "break_glass.reviewed", 409, "この緊急閲覧は、すでに確認されています。", "This emergency access has been looked at already.";
    // reports
    REPORT_NOT_FOUND = "report.not_found", 404, "{day} の報告はありません。", "There is no report for {day}.";
    REPORT_UNKNOWN_FORM = "report.unknown_form", 422, "調査票 {form} はありません。", "There is no form {form}.";
    REPORT_FORM_IMPORT_ONLY = "report.form_is_import_only", 403, "調査票 {form} は取り込み専用です。", "Form {form} is written only by the import.";
    REPORT_NO_DUTY = "report.no_duty", 422, "この施設は {day} に調査票 {form} の報告対象ではありません。", "This facility has no duty to answer form {form} on {day}.";
    REPORT_DAY_IN_FUTURE = "report.day_in_future", 422, "{day} はまだ来ていません。", "{day} has not come yet.";
    REPORT_WINDOW_CLOSED = "report.window_closed", 422, "{day} の訂正期間（{days}日間）は終わりました。", "The correction window of {day} ({days} days) has closed.";
    REPORT_AS_OF_OUTSIDE_DAY = "report.as_of_outside_day", 422, "時点 {as_of} は報告日 {day} の時刻ではありません。", "The moment {as_of} does not lie within the report's day {day}.";
    REPORT_AS_OF_IN_FUTURE = "report.as_of_in_future", 422, "時点 {as_of} は未来の日時です。", "The moment {as_of} has not come yet.";
    REPORT_AS_OF_GOES_BACK = "report.as_of_goes_back", 422, "時点 {as_of} は前の報告の時点 {previous} より前です。", "The moment {as_of} is before that of the previous revision, {previous}.";
    REPORT_STALE_REVISION = "report.stale_revision", 409, "版 {given} を直そうとしましたが、今の版は {current} です。読み直してください。", "You corrected revision {given}, but the newest is {current}. Read it again.";
    REPORT_INVALID = "report.invalid", 422, "報告に誤りがあります。errors を見てください。", "The report is not valid; see errors.";
    REPORT_EMPTY = "report.empty", 422, "項目が一つもありません。", "There is not a single item.";
    REPORT_UNKNOWN_ITEM = "report.unknown_item", 422, "この調査票に項目 {item} はありません。", "This form has no item {item}.";
    REPORT_DUPLICATE_ITEM = "report.duplicate_item", 422, "項目 {item} が二度書かれています。", "Item {item} is given twice.";
    REPORT_NOT_WHOLE_NUMBER = "report.not_whole_number", 422, "0 から {max} までの整数を、引用符を付けずに書いてください。", "Give a whole number from 0 to {max}, without quotes.";
    REPORT_OUT_OF_RANGE = "report.out_of_range", 422, "0 から {max} までの整数にしてください（入力: {value}）。", "Give a whole number from 0 to {max} (given: {value}).";
    REPORT_UNKNOWN_CHOICE = "report.unknown_choice", 422, "次のどれかにしてください: {choices}", "Give one of: {choices}";
    REPORT_EXCEEDS = "report.exceeds", 422, "{left}（{left_value}）が{right}（{right_value}）を超えています。", "{left_en} ({left_value}) is more than {right_en} ({right_value}).";
    REPORT_UNUSUAL_RELATION = "report.unusual_relation", 0, "{left}（{left_value}）が{right}（{right_value}）を超えています。確かめてください。", "{left_en} ({left_value}) is more than {right_en} ({right_value}). Please check.";
    REPORT_JUMP = "report.jump", 0, "前回の {previous} から {value} に大きく変わりました。確かめてください。", "Changed a lot since the last report: {previous} to {value}. Please check.";
    // the books: `step` counts the chain's transfers from 0
    LEDGER_CHAIN_EMPTY = "ledger.chain_empty", 422, "振替が一つもありません。", "There is not a single transfer.";
    LEDGER_CHAIN_TOO_LONG = "ledger.chain_too_long", 422, "一つの連鎖にできる振替は{limit}件までです（{given}件）。", "A chain has at most {limit} transfers (given: {given}).";
    LEDGER_DUPLICATE_ID = "ledger.duplicate_id", 422, "振替 {transfer}（手順{step}）のIDが連鎖の中で二度使われています。", "The id of transfer {transfer} (step {step}) stands twice in the chain.";
    LEDGER_ID_REUSED = "ledger.id_reused", 422, "振替 {transfer}（手順{step}）のIDは別の内容で既に使われています。", "The id of transfer {transfer} (step {step}) was already used for another one.";
    LEDGER_AMOUNT_OUT_OF_RANGE = "ledger.amount_out_of_range", 422, "振替 {transfer}（手順{step}）の数量は 1 から {max} までです（{amount}）。", "The amount of transfer {transfer} (step {step}) must be from 1 to {max} (given: {amount}).";
    LEDGER_SAME_ACCOUNT = "ledger.same_account", 422, "振替 {transfer}（手順{step}）の借方と貸方が同じ口座 {account} です。", "Transfer {transfer} (step {step}) has account {account} on both sides.";
    LEDGER_ACCOUNT_MISSING = "ledger.account_missing", 422, "振替 {transfer}（手順{step}）の口座 {account} はありません。", "Transfer {transfer} (step {step}): there is no account {account}.";
    LEDGER_ACCOUNT_CLOSED = "ledger.account_closed", 409, "振替 {transfer}（手順{step}）の口座 {account} は閉じられていて、払い出せません。", "Transfer {transfer} (step {step}): account {account} is closed, nothing goes out of it.";
    LEDGER_UNIT_MISMATCH = "ledger.unit_mismatch", 422, "振替 {transfer}（手順{step}）の単位が借方（{debit_unit}）と貸方（{credit_unit}）で違います。", "Transfer {transfer} (step {step}) has other units on the debit side ({debit_unit}) than on the credit side ({credit_unit}).";
    LEDGER_INSUFFICIENT = "ledger.insufficient", 409, "振替 {transfer}（手順{step}）の口座 {account} の残りが足りません（必要 {needed}、残り {available}）。", "Transfer {transfer} (step {step}): account {account} has too little (needed {needed}, available {available}).";
    LEDGER_PENDING_NOT_FOUND = "ledger.pending_not_found", 422, "振替 {transfer}（手順{step}）が確定しようとした仮振替 {pending} はありません。", "Transfer {transfer} (step {step}): there is no pending transfer {pending}.";
    LEDGER_PENDING_ALREADY_RESOLVED = "ledger.pending_already_resolved", 409, "仮振替 {pending} は既に確定・取消・失効しています（振替 {transfer}、手順{step}）。", "Pending transfer {pending} was already posted, voided or expired (transfer {transfer}, step {step}).";
    LEDGER_PENDING_EXPIRED = "ledger.pending_expired", 409, "仮振替 {pending} は {expires_at} に期限が切れました（振替 {transfer}、手順{step}）。", "Pending transfer {pending} expired at {expires_at} (transfer {transfer}, step {step}).";
    LEDGER_PENDING_NOT_DUE = "ledger.pending_not_due", 409, "仮振替 {pending} の期限はまだ来ていません（振替 {transfer}、手順{step}）。", "Pending transfer {pending} is not due to expire yet (transfer {transfer}, step {step}).";
    LEDGER_PENDING_AMOUNT_EXCEEDED = "ledger.pending_amount_exceeded", 422, "振替 {transfer}（手順{step}）の数量 {amount} が仮振替 {pending} の数量 {reserved} を超えています。", "Transfer {transfer} (step {step}) posts {amount}, more than the {reserved} of pending transfer {pending}.";
    LEDGER_CORRECTED_NOT_FOUND = "ledger.corrected_not_found", 422, "振替 {transfer}（手順{step}）が訂正しようとした振替 {wrong} は、記帳されていません。", "Transfer {transfer} (step {step}): there is no posted transfer {wrong} to correct.";
    LEDGER_CORRECTION_EXCEEDED = "ledger.correction_exceeded", 409, "振替 {wrong} のうち訂正できるのは残り {left} です（振替 {transfer}、手順{step}）。", "Of transfer {wrong} only {left} is left to correct (transfer {transfer}, step {step}).";
    // files
    IMPORT_UNREADABLE = "import.unreadable", 400, "ファイル {file} を読めません: {reason}", "Cannot read the file {file}: {reason}";
    IMPORT_TOO_LARGE = "import.too_large", 413, "ファイルが大きすぎます。上限は{limit_bytes}バイトです。", "The file is too large. At most {limit_bytes} bytes.";
    IMPORT_UNKNOWN_HEADER = "import.unknown_header", 422, "見出しが違います。足りない列: {missing}", "The header is not the one expected. Missing columns: {missing}";
    IMPORT_INVALID_UTF8 = "import.invalid_utf8", 422, "この行はUTF-8ではありません。", "This row is not UTF-8.";
    IMPORT_COLUMN_COUNT = "import.column_count", 422, "列の数が {found} です（{expected} のはずです）。", "The row has {found} columns instead of {expected}.";
    IMPORT_MALFORMED_CSV = "import.malformed_csv", 422, "CSVとして読めません: {reason}", "Not readable as CSV: {reason}";
    IMPORT_UNKNOWN_CATEGORY = "import.unknown_category", 422, "医療区分 {value} は 入院・外来・救急 のどれでもありません。", "The category {value} is none of 入院, 外来, 救急.";
    IMPORT_UNKNOWN_ANSWER = "import.unknown_answer", 422, "回答 {value} は 通常・制限・停止・設置なし・未回答 のどれでもありません。", "The answer {value} is none of 通常, 制限, 停止, 設置なし, 未回答.";
    IMPORT_PREFECTURE_MISMATCH = "import.prefecture_mismatch", 422, "都道府県名 {name} と団体コード {code} が合いません。", "The prefecture {name} does not match the territory code {code}.";
    IMPORT_FACILITY_INCONSISTENT = "import.facility_inconsistent", 422, "医療機関ID {gmis_id} の{column}が、前の行と違います。", "The {column} of G-MIS id {gmis_id} differs from an earlier row.";
    IMPORT_FACILITY_CODE_TAKEN = "import.facility_code_taken", 422, "医療機関コード {facility_code} は別の医療機関（医療機関ID {gmis_id} 以外）のものです。", "The facility code {facility_code} belongs to another facility than G-MIS id {gmis_id}.";
    IMPORT_MALFORMED_COORDINATE = "import.malformed_coordinate", 422, "緯度・経度が正しくありません: {value}", "The coordinate is not valid: {value}";
    IMPORT_EMPTY_NAME = "import.empty_name", 422, "医療機関名がありません。", "The name of the facility is missing.";
    // allocation
    ALLOCATION_WRONG_STATE = "allocation.wrong_state", 409, "計画の状態が「{state}」のため、この操作はできません。", "The plan is {state}; this cannot be done to it.";
    ALLOCATION_STALE_PLAN = "allocation.stale_plan", 409, "版 {given} をもとにした操作ですが、今の版は {current} です。違いを確かめてください。", "You acted on version {given}, but the newest is {current}. Look at the difference.";
    ALLOCATION_OVER_SUPPLY = "allocation.over_supply", 409, "{holder} の残りは {available} ですが、{asked} を割り当てようとしました。", "{holder} has {available} left, but {asked} were to be granted.";
    ALLOCATION_PLAN_EXISTS = "allocation.plan_exists", 409, "このクールには既に計画 {plan} があります。", "There is already a plan {plan} for this round.";
    ALLOCATION_ROUND_NOT_FOUND = "allocation.round_not_found", 404, "クール {round} はありません。", "There is no round {round}.";
    ALLOCATION_PLAN_NOT_FOUND = "allocation.plan_not_found", 404, "計画 {plan} はありません。", "There is no plan {plan}.";
    ALLOCATION_NOT_GRANTED = "allocation.not_granted", 422, "{holder} にはまだ割当てがありません。", "Nothing has been granted to {holder} yet.";
    ALLOCATION_WRONG_LEVEL = "allocation.wrong_level", 422, "枠「{stream}」（{levels}）では、{holder} はこの操作を行う段ではありません。", "In the stream {stream} ({levels}) this is not for {holder} to do.";
    ALLOCATION_UNKNOWN_RECIPIENT = "allocation.unknown_recipient", 422, "{recipient} はこの計画の割当先ではありません。", "{recipient} is no recipient of this plan.";
    ALLOCATION_DUPLICATE_RECIPIENT = "allocation.duplicate_recipient", 422, "{recipient} が二度書かれています。", "{recipient} is given twice.";
    ALLOCATION_MISSING_POPULATION = "allocation.missing_population", 422, "規則 {rule} の {component} の式「{expression}」に要る人口（{indicator}）が、{name}（{territory}）に登録されていません。", "Rule {rule}, {component}: the expression `{expression}` needs the population ({indicator}), and there is no such figure for {name} ({territory}).";
    ALLOCATION_REASON_MISSING = "allocation.reason_missing", 422, "理由を1文字から500文字で書いてください。", "Give a reason of 1 to 500 characters.";
    ALLOCATION_NOTHING_TO_DO = "allocation.nothing_to_do", 422, "変更がありません。", "There is nothing to change.";
    ALLOCATION_AMOUNT = "allocation.amount_out_of_range", 422, "数は 0 から {max} までの整数です（入力: {value}）。", "The amount is a whole number from 0 to {max} (given: {value}).";
    // allocation: the officers' steps and objections
    ALLOCATION_SECOND_PERSON = "allocation.second_person", 409, "この計画は {name} が提出しました。承認は別の人が行います。", "{name} handed this plan in; somebody else must approve it.";
    ALLOCATION_OBJECTION_WINDOW_REQUIRED = "allocation.objection_window_required", 409, "この計画には異議の申出期間が必要ですが、このクールの予定では {level} の段に期間がありません。", "This plan needs time for objections, but the round's calendar gives the level {level} none.";
    ALLOCATION_WINDOW_OPEN = "allocation.window_open", 409, "異議の申出期間は {until}（日本時間）までです。それより前には承認できません。", "Objections may be made until {until} (Japan time); the plan cannot be approved before.";
    ALLOCATION_WINDOW_CLOSED = "allocation.window_closed", 409, "異議の申出期間は {until}（日本時間）に終わりました。", "The time for objections ended at {until} (Japan time).";
    ALLOCATION_OBJECTION_OPEN = "allocation.objection_open", 409, "回答していない異議が {open} 件あります。", "Objections without an answer: {open}.";
    ALLOCATION_OBJECTION_ANSWERED = "allocation.objection_answered", 409, "異議 {objection} には既に回答があります。", "The objection {objection} has been answered already.";
    ALLOCATION_OBJECTION_NOT_FOUND = "allocation.objection_not_found", 404, "異議 {objection} はありません。", "There is no objection {objection}.";
    ALLOCATION_PROPOSAL_NOT_FOUND = "allocation.proposal_not_found", 404, "クール {round} に {recipient} への案はありません。", "There is no proposal to {recipient} in round {round}.";
    ALLOCATION_TEXT_MISSING = "allocation.text_missing", 422, "1文字から {max} 文字で書いてください。", "Write 1 to {max} characters.";
    // allocation: what is wrong with a rule, or with what it is applied to
    ALLOCATION_RULE_EXPRESSION = "allocation.rule_expression", 422, "規則 {rule} の {component} の式「{expression}」を読めません（{position}文字目）: {reason}", "Rule {rule}, {component}: the expression `{expression}` cannot be read (character {position}): {reason_en}";
    ALLOCATION_RULE_DIVISION_BY_ZERO = "allocation.rule_division_by_zero", 422, "規則 {rule} の {component} の式「{expression}」が、{name}（{place}）で 0 による割り算になります。", "Rule {rule}, {component}: the expression `{expression}` divides by zero at {name} ({place}).";
    ALLOCATION_RULE_OVERFLOW = "allocation.rule_overflow", 422, "規則 {rule} の {component} の式「{expression}」の値が、{name}（{place}）で上限 {limit} を超えます。", "Rule {rule}, {component}: the value of the expression `{expression}` at {name} ({place}) exceeds the limit of {limit}.";
    ALLOCATION_RULE_TOO_LARGE = "allocation.rule_too_large", 422, "規則 {rule} の {component} の式「{expression}」の計算の途中で、{name}（{place}）の値が大きくなりすぎます。", "Rule {rule}, {component}: on the way to the value of the expression `{expression}` at {name} ({place}) a number becomes too large.";
    ALLOCATION_RULE_UNKNOWN_INDICATOR = "allocation.rule_unknown_indicator", 422, "規則 {rule} の {component} の式「{expression}」にある指標 {indicator} はありません。", "Rule {rule}, {component}: the expression `{expression}` names {indicator}, and there is no such indicator.";
    ALLOCATION_RULE_MISSING_FIGURE = "allocation.rule_missing_figure", 422, "規則 {rule} の {component} の式「{expression}」に要る指標 {indicator} の値が {name}（{territory}）にありません。", "Rule {rule}, {component}: the expression `{expression}` needs {indicator}, for which {name} ({territory}) has no figure.";
    ALLOCATION_RULE_NOT_LEVEL = "allocation.rule_not_a_level", 422, "規則 {rule} の {component} の式「{expression}」の指標 {indicator} は日ごとの値です。{name}（{territory}）の一つの値として使うことはできません。", "Rule {rule}, {component}: the indicator {indicator} in the expression `{expression}` is a day series; it cannot be used as one figure of {name} ({territory}).";
    ALLOCATION_RULE_NOT_DAILY = "allocation.rule_not_daily", 422, "規則 {rule} の {component} の式「{expression}」に要る指標 {indicator} は、{name}（{territory}）で日ごとの値ではありません。", "Rule {rule}, {component}: the expression `{expression}` needs {indicator} as a day series, and that of {name} ({territory}) is none.";
    ALLOCATION_RULE_DUPLICATE_NAME = "allocation.rule_duplicate_name", 422, "規則 {rule} で名前 {name} が二度使われています。", "Rule {rule} uses the name {name} twice.";
    ALLOCATION_RULE_NAME_TAKEN = "allocation.rule_name_taken", 422, "規則 {rule} で {name} という名前を使うことはできません（既に決まった意味があります）。", "Rule {rule} cannot use the name {name}: it has a meaning already.";
    ALLOCATION_RULE_PERMILLE = "allocation.rule_permille", 422, "規則 {rule} の千分率の合計が {sum} です。1000 以下にしてください。", "The thousandths of rule {rule} add up to {sum}. They may come to at most 1000.";
    ALLOCATION_RULE_CUMULATIVE = "allocation.rule_cumulative", 422, "規則 {rule} の {component} は累計で配分するため、最小注文数と在庫による減量は使えません。", "Rule {rule}, {component} shares the running total: it can have no minimum order and no stock cut.";
    ALLOCATION_RULE_WEIGHT_ZERO = "allocation.rule_weight_zero", 422, "規則 {rule} の {component} の重み「{expression}」が、すべての場所で 0 です。", "Rule {rule}, {component}: the weight `{expression}` is 0 at every place.";
    ALLOCATION_DOCUMENT_ENGINE = "allocation.document_engine", 422, "この文書は {engine} で計算されたものです。このプログラム（{known}）では計算し直せません。その版のプログラムを使ってください。", "This document was computed by {engine}. This program is {known} and cannot compute it again; use the program of that version.";
    ALLOCATION_RULE_NO_WINDOW = "allocation.rule_no_window", 422, "規則 {rule} の {component} の式「{expression}」の {indicator} を求めるには、クールの配送期間が要ります。", "Rule {rule}, {component}: {indicator} in the expression `{expression}` needs the delivery window of the round.";
    ALLOCATION_RULE_FIGURE_AFTER = "allocation.rule_figure_after", 422, "規則 {rule} に渡された指標 {indicator} の {code} の値の日付 {day} が、計画の基準日 {as_of} より後です。", "Rule {rule} was given a figure of {indicator} for {code} of {day}, after the day of the plan ({as_of}).";
    ALLOCATION_RULE_DAY_TWICE = "allocation.rule_day_twice", 422, "指標 {indicator} の {code} に {day} の値が二つあります。", "{indicator} of {code} has two figures for {day}.";
    // allocation: rules, indicators, what-ifs
    ALLOCATION_RULE_EXISTS = "allocation.rule_exists", 409, "規則 {rule} は別の内容で既に公表されています。版の番号を上げてください。", "The rule {rule} is already published with another content. Give it a new version.";
    ALLOCATION_RULE_NOT_FOUND = "allocation.rule_not_found", 404, "規則 {rule} はありません。", "There is no rule {rule}.";
    ALLOCATION_RULE_UNKNOWN = "allocation.rule_unknown", 422, "規則 {rule} はありません。code@version の形で、公表された規則を指定してください。", "There is no rule {rule}. Name a published one as code@version.";
    ALLOCATION_RULE_OR_COMPONENTS = "allocation.rule_or_components", 422, "rule と components のどちらか一方だけを指定してください。", "Give either rule or components, and not both.";
    ALLOCATION_INDICATOR_NOT_FOUND = "allocation.indicator_not_found", 404, "指標 {indicator} はありません。", "There is no indicator {indicator}.";
    ALLOCATION_INDICATOR_UNKNOWN = "allocation.indicator_unknown", 422, "規則 {rule} の指標 {indicator} は登録されていません。", "Rule {rule} names the indicator {indicator}, which is not registered.";
    ALLOCATION_INDICATOR_EMPTY = "allocation.indicator_empty", 422, "規則 {rule} の指標 {indicator} には、{day} までの数がありません。", "Rule {rule} names the indicator {indicator}, which has no figures up to {day}.";
    ALLOCATION_INDICATOR_MEASURE = "allocation.indicator_measure", 422, "規則 {rule} は指標 {indicator} を {wanted} として使いますが、登録された種類は {kind} です。", "Rule {rule} uses the indicator {indicator} as {wanted}, but it is registered as {kind}.";
    ALLOCATION_INDICATOR_RESERVED = "allocation.indicator_reserved", 422, "指標の名前 {indicator} は使えません。英小文字で始まり、英小文字・数字・_ だけで、決まった意味のない名前にしてください。", "The name {indicator} cannot be used for an indicator: lower-case letters, digits and _, beginning with a letter, and none with a fixed meaning.";
    ALLOCATION_INDICATOR_KIND = "allocation.indicator_kind", 409, "指標 {indicator} の種類は {kind} です。種類は変えられません。", "The indicator {indicator} is of the kind {kind}, which cannot be changed.";
    ALLOCATION_FIGURE_TWICE = "allocation.figure_twice", 422, "{place} の {as_of} の数が二度書かれています。", "The figure of {place} on {as_of} is given twice.";
    ALLOCATION_DAY_IN_FUTURE = "allocation.day_in_future", 422, "{day} はまだ来ていません。", "{day} has not come yet.";
    ALLOCATION_WHAT_IF_NOT_FOUND = "allocation.what_if_not_found", 404, "試算 {what_if} はありません。", "There is no what-if {what_if}.";
    ALLOCATION_NOT_PUBLISHED = "allocation.not_published", 404, "クール {round} の {territory} への割当ては、公表されていません。", "Nothing is published about an allocation to {territory} in round {round}.";
    ALLOCATION_NO_DOCUMENT = "allocation.no_document", 404, "計画 {plan} には計算の記録がありません。", "Nothing was computed for the plan {plan}.";
    // allocation: amendments
    ALLOCATION_AMENDMENT_NOT_FOUND = "allocation.amendment_not_found", 404, "割当ての変更 {amendment} はありません。", "There is no amendment {amendment}.";
    ALLOCATION_AMENDMENT_OPEN = "allocation.amendment_open", 409, "この計画の変更 {amendment} がまだ終わっていません（状態 {state}）。", "The amendment {amendment} of this plan is not done with yet ({state}).";
    ALLOCATION_AMENDMENT_STATE = "allocation.amendment_state", 409, "割当ての変更の状態が「{state}」のため、この操作はできません。", "The amendment is {state}; this cannot be done to it.";
    ALLOCATION_STALE_AMENDMENT = "allocation.stale_amendment", 409, "版 {given} をもとにした操作ですが、割当ての変更は今の版 {current} で計算し直されています。違いを確かめてください。", "You acted on version {given}, but the amendment has been computed again (now version {current}). Look at the difference.";
    ALLOCATION_OVERCOMMITTED = "allocation.overcommitted", 409, "出荷の指示などで動かせない分が {shortfall} 単位多く、足りません。返納か留保のどちらかを選んでください。", "{shortfall} units more are locked than would be left. Choose where they come from.";
    ALLOCATION_CHOICE_TOO_SMALL = "allocation.choice_too_small", 409, "{shortfall} 単位が必要ですが、この方法で出せるのは {units} 単位です。", "{shortfall} units are needed, but this can give only {units}.";
    ALLOCATION_UNKNOWN_CHOICE = "allocation.unknown_choice", 422, "選べるのは return（返納）か reserve（留保）です（入力: {value}）。", "Choose return or reserve (given: {value}).";
    ALLOCATION_SUPPLY_OR_LINES = "allocation.supply_or_lines", 422, "supply_vials と lines のどちらか一方だけを指定してください。", "Give either supply_vials or lines, and not both.";
    ALLOCATION_AMENDMENT_TOTAL = "allocation.amendment_total", 422, "上の段が決めた合計は {wanted} 単位ですが、行の合計は {given} 単位です。", "The level above has left {wanted} units, but the lines come to {given}.";
    ALLOCATION_LINE_NOT_PLANNED = "allocation.line_not_planned", 422, "計画 {plan} の {site} への割当ては、取り下げられません（出荷指示済みか、取下げ済みです）。", "The line of {site} in the plan {plan} cannot be taken back: it was released, or withdrawn before.";
    // allocation
    ALLOCATION_INVALID = "allocation.invalid", 422, "配分の条件に誤りがあります。errors を見てください。", "The input of the allocation is not valid; see errors.";
    ALLOCATION_DUPLICATE_CODE = "allocation.duplicate_code", 422, "コード {code} が二度書かれています。", "The code {code} is given twice.";
    ALLOCATION_NEGATIVE = "allocation.negative", 422, "0 以上の整数にしてください（{code} 入力: {value}）。", "Give a whole number of 0 or more ({code} given: {value}).";
    ALLOCATION_ABOVE_LIMIT = "allocation.above_limit", 422, "{limit} 以下にしてください（{code} 入力: {value}）。", "Give at most {limit} ({code} given: {value}).";
    ALLOCATION_MIN_ORDER_BELOW_ONE = "allocation.min_order_below_one", 422, "{code} の最小注文数は 1 以上にしてください（入力: {value}）。", "The minimum order of {code} must be 1 or more (given: {value}).";
    ALLOCATION_MIN_ORDER_WITH_HAMILTON = "allocation.min_order_with_hamilton", 422, "最大剰余法では {code} の最小注文数を扱えません。他の方式を選んでください。", "Largest remainder (hamilton) has no minimum orders ({code}). Choose another method.";
    ALLOCATION_ALL_WEIGHTS_ZERO = "allocation.all_weights_zero", 422, "供給がありますが、配分の基準（重み）がすべて 0 です。", "There is supply, but every weight is 0: nothing says how to share it.";
    ALLOCATION_UNKNOWN_METHOD = "allocation.unknown_method", 422, "配分方式 {value} はありません。webster、adams、dhondt、hamilton のどれかにしてください。", "There is no method {value}. Use webster, adams, dhondt or hamilton.";
    ALLOCATION_UNKNOWN_REMAINDER = "allocation.unknown_remainder", 422, "端数の扱い {value} はありません。hold か fill にしてください。", "There is no remainder rule {value}. Use hold or fill.";
    ALLOCATION_NOT_CANONICAL = "allocation.not_canonical", 422, "方針に整数でない数があります: {value}", "The policy contains a number that is not a whole number: {value}";
    ALLOCATION_UNKNOWN_KIND = "allocation.unknown_kind", 422, "事例の種類 {kind} は扱えません。", "Unknown kind of case: {kind}";
    ALLOCATION_MALFORMED_CASE = "allocation.malformed_case", 422, "事例を読めません: {reason}", "The case cannot be read: {reason}";
    ALLOCATION_UNKNOWN_PLACE = "allocation.unknown_place", 422, "場所 {code} は一覧にありません。", "There is no place {code} in the list.";
    // releases
    ALLOCATION_SITE_NOT_FOUND = "allocation.site_not_found", 404, "施設 {site} はありません。", "There is no site {site}.";
    ALLOCATION_NOT_A_HUB = "allocation.not_a_hub", 422, "{site} は基本型接種施設ではありません。箱は基本型接種施設に届きます。", "{site} is not a hub. Boxes go to hubs.";
    ALLOCATION_NOT_OF_THE_HUB = "allocation.not_of_the_hub", 422, "{site} はこの基本型接種施設の接種施設ではありません。", "{site} does not belong to this hub.";
    ALLOCATION_NOTHING_TO_RELEASE = "allocation.nothing_to_release", 422, "出荷を指示できる割当てがありません。", "There is no assigned line that could be released.";
    ALLOCATION_NOT_WHOLE_PACKS = "allocation.not_whole_packs", 422, "合計 {vials} は {pack_vials} 入りの箱の整数倍ではありません（余り {remainder}）。", "{vials} in all are no whole packs of {pack_vials} (remainder {remainder}).";
    ALLOCATION_WRONG_SITE_FOR_STREAM = "allocation.wrong_site_for_stream", 422, "接種施設 {site}（種類 {kind}）は、枠「{stream}」の割当先ではありません。", "Site {site} ({kind}) takes no part in the stream {stream}.";
    // rounds of the past: what is odd about a row that was taken as published has status 0
    ALLOCATION_MALFORMED_SCENARIO = "allocation.malformed_scenario", 0, "シナリオの形式が正しくありません（{reason}）。", "The scenario does not fit ({reason}).";
    ALLOCATION_PAST_ROUND_NOT_FOUND = "allocation.past_round_not_found", 404, "過去のクール {past_round} はありません。", "There is no round of the past {past_round}.";
    ALLOCATION_PAST_ROUND_GAVE_NOTHING = "allocation.past_round_gave_nothing", 422, "この過去のクールの合計は {doses} 回分です。配る数を supply に入れてください。", "The doses of this round of the past sum to {doses}: give a supply of your own.";
    ALLOCATION_UNKNOWN_PLACES = "allocation.unknown_places", 422, "次の地域は対象にありません: {places}。", "These are no places of it: {places}.";
    ALLOCATION_FIGURE_TOO_NEW = "allocation.figure_too_new", 422, "{as_of} の数は、{day} の時点ではまだありません。", "A figure of {as_of} was not known on {day}.";
    PAST_NOT_WHOLE_PACKS = "past.not_whole_packs", 0, "{place}: {doses} 回分は {pack} 回分の箱の整数倍ではありません。公表のまま取り込みました。", "{place}: {doses} doses are no whole boxes of {pack}. Taken as published.";
    PAST_SLIP = "past.slip", 0, "{place}: {doses} 回分は {pack} 回分の箱の整数倍ではありません。もう一方の数 {other} は整数倍で、違うのは1、2桁だけです。誤記と思われますが、公表のまま取り込みました。", "{place}: {doses} doses are no whole boxes of {pack}; the other figure, {other}, is whole boxes and differs in one or two digits: it looks like a slip. Taken as published.";
    PAST_DOSES_DIFFER = "past.doses_differ", 0, "{place}: 1回目 {first} と2回目 {second} が違います。公表のまま取り込みました。", "{place}: {first} first doses and {second} second doses differ. Taken as published.";
    PAST_NEGATIVE = "past.negative", 0, "{place}: {doses} 回分は、引き渡したものです。公表のまま取り込みました。", "{place}: {doses} doses were handed over to others. Taken as published.";
    PAST_TOTAL_DIFFERS = "past.total_differs", 0, "{place}: 公表された合計 {total} は、取り込んだ行の合計 {sum} と違います。", "{place}: the published total, {total}, is not the sum of what was taken, {sum}.";
    PAST_DUPLICATE_ROW = "past.duplicate_row", 422, "{place}（{day}）は前の行にあります。", "{place} on {day} stands in an earlier row.";
    PAST_DIFFERS = "past.differs", 409, "{product}（{day}）は別の数で既に取り込まれています。", "{product} on {day} was already imported with other figures.";
    // wholesalers
    WHOLESALER_MALFORMED_CODE = "wholesaler.malformed_code", 422, "卸のコードは W と2桁（例: W07）、支店は W07-03 の形です（入力: {value}）。", "A wholesaler's code is W and two digits (W07), a branch's W07-03 (given: {value}).";
    WHOLESALER_NOT_FOUND = "wholesaler.not_found", 404, "卸 {wholesaler} はありません。", "There is no wholesaler {wholesaler}.";
    WHOLESALER_AREA_OVERLAPS = "wholesaler.area_overlaps", 409, "{municipality} の {group} には、この期間に既に担当の支店 {branch} があります。", "{municipality} already has branch {branch} for {group} in that time.";
    // lots and stock
    LOT_NOT_FOUND = "lot.not_found", 422, "製品 {product} にロット {lot} はありません。", "Product {product} has no lot {lot}.";
    LOT_EXPIRED = "lot.expired", 422, "ロット {lot} は {expiry} で期限が切れます（納入日 {day}）。", "Lot {lot} expires on {expiry} (delivery on {day}).";
    LOT_RECALLED = "lot.recalled", 422, "ロット {lot} は回収の対象です。", "Lot {lot} has been recalled.";
    LOT_MALFORMED = "lot.malformed", 422, "ロット番号は半角の英数字とハイフンで1文字から20文字です（入力: {value}）。", "A lot number is 1 to 20 letters, digits and hyphens (given: {value}).";
    LOT_DIFFERS = "lot.differs", 409, "ロット {lot} は別の期限（{expiry}）で登録されています。", "Lot {lot} is known with another expiry ({expiry}).";
    LOT_DUPLICATE = "lot.duplicate", 422, "ロット {lot} が二度書かれています。", "Lot {lot} is given twice.";
    STOCK_AMOUNT = "stock.amount_out_of_range", 422, "バイアル数は {min} から {max} までの整数です（入力: {value}）。", "Vials are a whole number from {min} to {max} (given: {value}).";
    STOCK_INSUFFICIENT = "stock.insufficient", 409, "{place} にロット {lot} は {available} バイアルしかありません（必要 {needed}）。", "{place} holds {available} vials of lot {lot}; {needed} are needed.";
    // shipments
    SHIPMENT_NOT_FOUND = "shipment.not_found", 404, "出荷 {shipment} はありません。", "There is no shipment {shipment}.";
    SHIPMENT_WRONG_STATE = "shipment.wrong_state", 409, "出荷の状態が「{state}」のため、この操作はできません。", "The shipment is {state}; this cannot be done to it.";
    SHIPMENT_ANSWER_WAITS = "shipment.answer_waits", 409, "卸からの出発以後の回答が、前の回答の訂正を待っています。取り止める前に卸に確かめてください。", "An answer of the wholesaler about dispatch waits for an earlier one to be corrected. Ask the wholesaler before calling it off.";
    SHIPMENT_WRONG_TOTAL = "shipment.wrong_total", 422, "ロットの合計 {given} バイアルが出荷の {vials} バイアルと合いません。", "The lots come to {given} vials, the shipment to {vials}.";
    SHIPMENT_STALE = "shipment.stale", 409, "版 {given} をもとにした操作ですが、今の版は {current} です。", "You acted on version {given}, but the newest is {current}.";
    SHIPMENT_DATE_OUTSIDE = "shipment.date_outside", 422, "納入日 {day} は {from} から {to} までにしてください。", "The day of delivery {day} must lie from {from} to {to}.";
    // what partners answer
    ANSWER_UNKNOWN_TYPE = "answer.unknown_type", 422, "出荷への回答の種類 {type} はありません。", "There is no answer of type {type}.";
    ANSWER_WRONG_SUBJECT = "answer.wrong_subject", 422, "subject {subject} が data の出荷 {shipment} と合いません。", "The subject {subject} does not fit the shipment {shipment} of the data.";
    ANSWER_SEQUENCE = "answer.bad_sequence", 422, "sequence は出荷ごとに 1 から順の整数です（入力: {value}）。", "The sequence counts from 1 for each shipment (given: {value}).";
    ANSWER_SEQUENCE_TAKEN = "answer.sequence_taken", 409, "sequence {sequence} の回答は別のIDで既に受け付けています。", "An answer with sequence {sequence} was already taken under another id.";
    ANSWER_TOO_FAR_AHEAD = "answer.too_far_ahead", 422, "sequence {sequence} は先すぎます。次は {next} です。", "Sequence {sequence} is too far ahead; the next is {next}.";
    ANSWER_MALFORMED = "answer.malformed", 422, "回答を読めません: {reason}", "The answer cannot be read: {reason}";
    ANSWER_UNSIGNED = "answer.unsigned", 403, "AMQPの user-id がないか、この卸の利用者ではありません。", "The AMQP user-id is missing or not this wholesaler's user.";
    ANSWER_TOO_LARGE = "answer.too_large", 413, "回答が大きすぎます。上限は{limit_bytes}バイトです。", "The answer is too large. At most {limit_bytes} bytes.";
    ANSWER_CONTENT_TYPE = "answer.content_type", 415, "content-type は application/cloudevents+json にしてください（入力: {value}）。", "The content-type must be application/cloudevents+json (given: {value}).";
    // receipts and discrepancies
    RECEIPT_ALREADY = "receipt.already_confirmed", 409, "この出荷は既に受領が確認されています（{receipt}）。", "The arrival of this shipment has already been confirmed ({receipt}).";
    RECEIPT_NOT_DISPATCHED = "receipt.not_dispatched", 409, "出荷の状態が「{state}」のため、受領を確認できません。", "The shipment is {state}; no arrival can be confirmed.";
    DISCREPANCY_NOT_FOUND = "discrepancy.not_found", 404, "差異 {discrepancy} はありません。", "There is no discrepancy {discrepancy}.";
    DISCREPANCY_RESOLVED = "discrepancy.already_resolved", 409, "この差異は既に処理されています。", "This discrepancy has already been resolved.";
    DISCREPANCY_DECISION = "discrepancy.wrong_decision", 422, "この差異（{kind}）に決定「{decision}」はできません。できるもの: {allowed}", "{decision} is no decision for this discrepancy ({kind}). Possible: {allowed}";
    REASON_MISSING = "request.reason_missing", 422, "理由を1文字から500文字で書いてください。", "Give a reason of 1 to 500 characters.";
    // notices by mail and webhook
    SUBSCRIPTION_NOT_FOUND = "subscription.not_found", 404, "通知の申込み {id} は見つかりません。", "There is no subscription {id}.";
    SUBSCRIPTION_TOO_MANY = "subscription.too_many", 409, "通知の申込みは{limit}件までです。不要なものを終了してください。", "At most {limit} subscriptions. End those you do not need.";
    SUBSCRIPTION_WRONG_CODE = "subscription.wrong_code", 422, "確認コードが違います。", "This is not the code that was sent.";
    // events and the broker
    EVENT_UNKNOWN_VERSION = "event.unknown_version", 422, "イベント {type} はこの版では扱えません。", "Event {type} is of a version that is not understood here.";
    EVENT_MALFORMED = "event.malformed", 422, "イベントを読めません: {reason}", "The event cannot be read: {reason}";
    BROKER_UNAVAILABLE = "broker.unavailable", 503, "メッセージブローカーに接続できません: {reason}", "The message broker cannot be reached: {reason}";
    // GraphQL
    GRAPHQL_PARSE_ERROR = "graphql.parse_error", 400, "GraphQLの文書を読めません: {reason}", "The GraphQL document cannot be read: {reason}";
    GRAPHQL_INVALID = "graphql.invalid", 400, "GraphQLの文書がスキーマに合いません: {reason}", "The GraphQL document does not fit the schema: {reason}";
    GRAPHQL_LIMIT = "graphql.limit", 400, "GraphQLの文書が上限を超えています: {what}は {limit} まで（{found}）。", "The GraphQL document exceeds a limit: {what_en} at most {limit} ({found}).";
    GRAPHQL_BATCH = "graphql.batch_refused", 400, "複数の操作を一度に送ることはできません。", "Several operations in one request are refused.";
    GRAPHQL_TIMEOUT = "graphql.timeout", 503, "問い合わせが{seconds}秒以内に終わりませんでした。範囲を狭めてください。", "The query did not finish within {seconds} s. Ask for less.";
    GRAPHQL_BAD_CURSOR = "graphql.bad_cursor", 422, "カーソルが正しくありません。", "The cursor is not valid.";
    GRAPHQL_PAGE_SIZE = "graphql.page_size", 422, "first は 1 から {limit} までです。", "first must be from 1 to {limit}.";
    GRAPHQL_NOT_A_MUNICIPALITY = "graphql.not_a_municipality", 422, "{code} は市区町村ではありません。施設は市区町村（children）ごとに問い合わせてください。", "{code} is not a municipality. Ask for facilities municipality by municipality (children).";
    GRAPHQL_NOT_ONE_ANSWER = "graphql.not_one_answer", 422, "count・choice・notApplicable のうち、ちょうど一つを指定してください。", "Give exactly one of count, choice and notApplicable: true.";
}

fn fill(text: &str, params: &[(&'static str, String)]) -> String {
    params.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

/// Longest piece of the caller's own input that an error repeats.
const ECHO_CHARS_MAX: usize = 80;

/// The caller's input as an error may show it: short, and without control characters or marks that
/// turn the reading direction (they could forge lines of a log or hide what follows).
#[must_use]
pub fn echo(value: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut shown: String =
        value.chars().take(ECHO_CHARS_MAX).map(|c| if c.is_control() || turns(c) { '\u{fffd}' } else { c }).collect();
    if value.chars().nth(ECHO_CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Where, as a dotted path in the request: `values.icu_occupied`.
    pub path: String,
    /// Which row of the table.
    pub code: &'static Code,
    params: Vec<(&'static str, String)>,
}

impl FieldError {
    /// An error at `path`.
    #[must_use]
    pub fn new(path: impl Into<String>, code: &'static Code) -> Self {
        Self { path: path.into(), code, params: Vec::new() }
    }

    /// Fills `{name}` in the texts.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.params.push((name, echo(value)));
        self
    }

    /// The Japanese text, filled.
    #[must_use]
    pub fn ja(&self) -> String {
        fill(self.code.ja, &self.params)
    }

    /// The English text, filled.
    #[must_use]
    pub fn en(&self) -> String {
        fill(self.code.en, &self.params)
    }
}

/// A refusal or failure with a code: what every use case returns when it does not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which row of the table.
    pub code: &'static Code,
    /// The fields at fault, if it is about fields.
    pub errors: Vec<FieldError>,
    /// For 429 and 503: when to try again.
    pub retry_after_s: Option<u32>,
    params: Vec<(&'static str, String)>,
}

impl Problem {
    /// A problem with this code.
    #[must_use]
    pub fn new(code: &'static Code) -> Self {
        Self { code, errors: Vec::new(), retry_after_s: None, params: Vec::new() }
    }

    /// A problem about fields.
    #[must_use]
    pub fn of_fields(code: &'static Code, errors: Vec<FieldError>) -> Self {
        Self { errors, ..Self::new(code) }
    }

    /// The same problem, naming the fields at fault.
    #[must_use]
    pub fn naming(self, errors: Vec<FieldError>) -> Self {
        Self { errors, ..self }
    }

    /// Fills `{name}` in the texts.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.params.push((name, echo(value)));
        self
    }

    /// Fills `{name}` with a list of our own words (columns, choices), which is told whole.
    #[must_use]
    pub fn with_list(mut self, name: &'static str, words: &[&str]) -> Self {
        self.params.push((name, words.join(", ")));
        self
    }

    /// Says when to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The value of a parameter, for callers that act on it (the current revision, say).
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(given, _)| *given == name).map(|(_, value)| value.as_str())
    }

    /// The same problem as one about a field at `path`.
    #[must_use]
    pub fn at(self, path: &str) -> FieldError {
        FieldError { path: path.to_owned(), code: self.code, params: self.params }
    }

    /// The Japanese text, filled.
    #[must_use]
    pub fn ja(&self) -> String {
        fill(self.code.ja, &self.params)
    }

    /// The English text, filled.
    #[must_use]
    pub fn en(&self) -> String {
        fill(self.code.en, &self.params)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} / {}", self.code.code, self.ja(), self.en())?;
        for error in &self.errors {
            write!(f, "; {}: {} / {}", error.path, error.ja(), error.en())?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_unique_and_well_formed() {
        let mut seen = BTreeSet::new();
        for row in ALL {
            assert!(seen.insert(row.code), "{} twice", row.code);
            let (area, name) = row.code.split_once('.').unwrap();
            for part in [area, name] {
                assert!(
                    part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit()),
                    "{}",
                    row.code
                );
            }
            assert!(matches!(row.status, 0 | 400..=599), "{}", row.code);
            assert!(!row.ja.is_ascii() && row.en.is_ascii() || row.code.starts_with("import."), "{}", row.code);
        }
    }

    #[test]
    fn both_languages_take_the_same_parameters() {
        let names = |text: &str| -> BTreeSet<String> {
            text.split('{')
                .skip(1)
                .filter_map(|rest| rest.split_once('}'))
                .map(|(name, _)| name.replace("_en", ""))
                .collect()
        };
        for row in ALL {
            assert_eq!(names(row.ja), names(row.en), "{}", row.code);
        }
    }

    #[test]
    fn input_is_echoed_short_and_harmless() {
        let problem = Problem::new(&FACILITY_NOT_FOUND).with("key", "a\nb\u{202e}c\u{1b}[31m");
        assert_eq!(problem.en(), "There is no facility a\u{fffd}b\u{fffd}c\u{fffd}[31m.");
        assert_eq!(echo(&"あ".repeat(200)).chars().count(), ECHO_CHARS_MAX + 1);
        let columns = ["医療機関名"; 40];
        let problem = Problem::new(&IMPORT_UNKNOWN_HEADER).with_list("missing", &columns);
        assert_eq!(problem.ja().matches("医療機関名").count(), 40, "our own words are not cut");
    }
}
