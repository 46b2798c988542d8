//! お知らせ, 事務連絡: whom a notice is for, and how it looks on a sheet of paper.
use crate::{
    policy::{Place, Role},
    territory::TerritoryCode,
};

/// Columns of a printed line; a Japanese character takes two.
const COLUMNS: usize = 76;

/// Whom a notice is for: accounts of these roles (all, if none is named) at home in one of these territories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience {
    /// Empty: all roles.
    pub roles: Vec<Role>,
    /// The nation stands for all.
    pub territories: Vec<TerritoryCode>,
}

impl Audience {
    /// Is an account of this role and home among them?
    #[must_use]
    pub fn includes(&self, role: Role, home: TerritoryCode) -> bool {
        role != Role::Public
            && (self.roles.is_empty() || self.roles.contains(&role))
            && self.territories.iter().any(|territory| territory.contains(home))
    }

    /// Those of its territories that do not lie within the publisher's home.
    #[must_use]
    pub fn outside(&self, home: Place) -> Vec<TerritoryCode> {
        let within = |territory: &TerritoryCode| matches!(home, Place::Territory(home) if home.contains(*territory));
        self.territories.iter().copied().filter(|territory| !within(territory)).collect()
    }
}

/// The columns that a character takes in a font of fixed width: two for those of Japanese writing.
fn columns(character: char) -> usize {
    match u32::from(character) {
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe4f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x20000..=0x3fffd => 2,
        // arrows, circled digits and the like are wide in Japanese fonts
        0x2010..=0x2027 | 0x2030..=0x205e | 0x2100..=0x27bf => 2,
        _ => 1,
    }
}

/// Text in lines of at most 76 columns, as a fax prints them. Lines break at the last space if there is
/// one near the end, else anywhere: Japanese has no spaces.
#[must_use]
pub fn wrapped(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let (mut line, mut width) = (String::new(), 0);
        for character in paragraph.chars().filter(|character| !character.is_control()) {
            if width + columns(character) > COLUMNS {
                let (head, tail) = broken(&line);
                lines.push(head);
                line = tail;
                width = line.chars().map(columns).sum();
            }
            line.push(character);
            width += columns(character);
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// A full line and what is left of its last word for the next one.
fn broken(line: &str) -> (String, String) {
    match line.rsplit_once(' ') {
        Some((head, tail)) if head.chars().map(columns).sum::<usize>() >= COLUMNS / 2 => {
            (head.trim_end().to_owned(), tail.to_owned())
        }
        _ => (line.trim_end().to_owned(), String::new()),
    }
}

/// A line across the page.
#[must_use]
pub fn rule() -> String {
    "-".repeat(COLUMNS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> TerritoryCode {
        TerritoryCode::parse(text).unwrap()
    }

    #[test]
    fn an_audience_is_of_roles_and_territories() {
        let tokyo = Audience { roles: vec![Role::Hospital, Role::Municipality], territories: vec![code("130001")] };
        assert!(tokyo.includes(Role::Hospital, code("131016")));
        assert!(!tokyo.includes(Role::Hospital, code("312011")));
        assert!(!tokyo.includes(Role::Prefecture, code("130001")));
        let all = Audience { roles: vec![], territories: vec![TerritoryCode::NATION] };
        assert!(all.includes(Role::Wholesaler, TerritoryCode::NATION));
        assert!(!all.includes(Role::Public, TerritoryCode::NATION));
        assert_eq!(all.outside(Place::Territory(code("130001"))), [TerritoryCode::NATION]);
        assert!(tokyo.outside(Place::Territory(code("130001"))).is_empty());
        assert!(tokyo.outside(Place::Territory(TerritoryCode::NATION)).is_empty());
    }

    #[test]
    fn no_line_is_longer_than_the_paper_is_wide() {
        let japanese = "新型コロナウイルスワクチンの配分について、".repeat(20);
        let english = "The allocation of vaccines for the coming round is announced. ".repeat(20);
        for text in [japanese.as_str(), english.as_str(), &"x".repeat(1_000)] {
            let lines = wrapped(text);
            assert!(lines.iter().all(|line| line.chars().map(columns).sum::<usize>() <= COLUMNS), "{lines:?}");
            let squeeze = |text: &str| text.split_whitespace().collect::<String>();
            assert_eq!(squeeze(&lines.concat()), squeeze(text));
        }
        assert!(wrapped(&english).iter().all(|line| !line.ends_with("allocat")), "words stay whole");
        assert_eq!(wrapped("a\n\n\u{1b}[31mb\u{c}"), ["a", "", "[31mb"], "control characters are not printed");
        assert_eq!(wrapped(""), Vec::<String>::new());
    }
}
