//! 接種の枠: a stream says through which levels the doses of one group pass.
use crate::territory::Tier;

/// What ends every stream.
const SITE: &str = "site";

/// The levels of a stream: its supply enters at the first, each grants to the next, and who stands on
/// the last assigns to the sites.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Levels {
    tiers: Vec<Tier>,
    first: Tier,
    last: Tier,
}

impl Levels {
    /// Reads the names as they are stored: territorial levels from above, then `site`. `None` when
    /// they are anything else.
    #[must_use]
    pub fn parse(names: &[String]) -> Option<Self> {
        let (end, above) = names.split_last()?;
        let tiers: Vec<Tier> = above.iter().map(|name| Tier::parse(name)).collect::<Option<_>>()?;
        let (first, last) = (*tiers.first()?, *tiers.last()?);
        (end == SITE && tiers.is_sorted_by(|one, next| one < next)).then_some(Self { tiers, first, last })
    }

    /// The territorial levels, from above.
    #[must_use]
    pub fn tiers(&self) -> &[Tier] {
        &self.tiers
    }

    /// Whose holders the supply enters at.
    #[must_use]
    pub fn first(&self) -> Tier {
        self.first
    }

    /// Whose holders assign to sites.
    #[must_use]
    pub fn last(&self) -> Tier {
        self.last
    }

    /// Does a holder of this tier divide among the tier below? Lines are computed for municipalities
    /// and summed above, so the stream must pass every tier from this one down to them.
    #[must_use]
    pub fn divides(&self, tier: Tier) -> bool {
        let mut down = [Tier::Nation, Tier::Prefecture, Tier::Municipality].into_iter().filter(|down| *down >= tier);
        tier < self.last && down.all(|down| self.tiers.contains(&down))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Tier::{Municipality, Nation, Prefecture};

    fn levels(names: &[&str]) -> Option<Levels> {
        Levels::parse(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn levels_know_where_supply_enters_and_who_assigns() {
        let residents = levels(&["nation", "prefecture", "municipality", "site"]).unwrap();
        assert_eq!((residents.first(), residents.last(), residents.tiers().len()), (Nation, Municipality, 3));
        assert_eq!([Nation, Prefecture, Municipality].map(|tier| residents.divides(tier)), [true, true, false]);
        let own_site = levels(&["prefecture", "site"]).unwrap();
        assert_eq!((own_site.first(), own_site.last(), own_site.tiers()), (Prefecture, Prefecture, &[Prefecture][..]));
        assert_eq!([Nation, Prefecture, Municipality].map(|tier| own_site.divides(tier)), [false; 3]);
    }

    #[test]
    fn only_streams_that_pass_the_municipalities_are_divided() {
        for short in [&["nation", "prefecture", "site"], &["nation", "municipality", "site"]] {
            assert!(!levels(short).unwrap().divides(Nation), "{short:?}");
        }
        let late = levels(&["prefecture", "municipality", "site"]).unwrap();
        assert_eq!([Nation, Prefecture].map(|tier| late.divides(tier)), [false, true]);
    }

    #[test]
    fn what_is_no_way_down_is_no_stream() {
        for odd in [
            &[][..],
            &["site"],
            &["nation"],
            &["nation", "prefecture"],
            &["prefecture", "nation", "site"],
            &["prefecture", "prefecture", "site"],
            &["ward", "site"],
        ] {
            assert_eq!(levels(odd), None, "{odd:?}");
        }
    }
}
