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

    /// Does a holder of this tier divide what it has among the tier below?
    #[must_use]
    pub fn divides(&self, tier: Tier) -> bool {
        self.among(tier).is_some()
    }

    /// For whom lines are computed when a holder of this tier divides: municipalities where the stream
    /// passes them (the nation's run is flat over all of them and summed above), else prefectures. `None`
    /// for who does not divide, and for streams that leave the prefectures out between nation and
    /// municipality.
    #[must_use]
    pub fn among(&self, tier: Tier) -> Option<Tier> {
        let passed = |down: Tier| self.tiers.contains(&down);
        match tier {
            _ if !passed(tier) || tier >= self.last => None,
            Tier::Nation if !passed(Tier::Prefecture) => None,
            Tier::Nation if self.last == Tier::Prefecture => Some(Tier::Prefecture),
            Tier::Nation | Tier::Prefecture => Some(Tier::Municipality),
            Tier::Municipality => None,
        }
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
    fn lines_are_computed_for_the_lowest_territories_of_the_stream() {
        let among = |names: &[&str]| [Nation, Prefecture, Municipality].map(|tier| levels(names).unwrap().among(tier));
        assert_eq!(
            among(&["nation", "prefecture", "municipality", "site"]),
            [Some(Municipality), Some(Municipality), None]
        );
        // health workers: a prefecture assigns to the sites itself
        assert_eq!(among(&["nation", "prefecture", "site"]), [Some(Prefecture), None, None]);
        assert_eq!(among(&["nation", "municipality", "site"]), [None; 3], "nobody stands between");
        assert_eq!(among(&["nation", "site"]), [None; 3]);
        assert_eq!(among(&["prefecture", "municipality", "site"]), [None, Some(Municipality), None]);
        assert_eq!(among(&["prefecture", "site"]), [None; 3]);
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
