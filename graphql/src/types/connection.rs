//! Pages of lists, as the Relay specification has them.
use super::{facility::Facility, territory::Territory};
use async_graphql::SimpleObject;
use domain::{Problem, error};

/// Most rows of one page.
pub const PAGE_MAX: i32 = 200;

/// Where a page lies in its list.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct PageInfo {
    /// More elements follow this page.
    pub has_next_page: bool,
    /// Elements precede this page.
    pub has_previous_page: bool,
    /// Cursor of the first element; null when the page is empty.
    pub start_cursor: Option<String>,
    /// Cursor of the last element, to be given as `after` for the next page; null when the page is
    /// empty.
    pub end_cursor: Option<String>,
}

impl PageInfo {
    /// Of a page with these cursors.
    pub fn of(cursors: &[String], has_previous_page: bool, has_next_page: bool) -> Self {
        let (start_cursor, end_cursor) = (cursors.first().cloned(), cursors.last().cloned());
        Self { has_next_page, has_previous_page, start_cursor, end_cursor }
    }
}

/// A territory in a page.
#[derive(SimpleObject)]
pub struct TerritoryEdge {
    /// The territory.
    pub node: Territory,
    /// Its place in the list. Opaque, and valid for this list and account only.
    pub cursor: String,
}

/// A page of territories, in code order.
#[derive(SimpleObject)]
pub struct TerritoryConnection {
    /// The elements of the page.
    pub edges: Vec<TerritoryEdge>,
    /// Where the page lies.
    pub page_info: PageInfo,
    /// Number of territories in the whole list.
    pub total_count: i32,
}

/// A facility in a page.
#[derive(SimpleObject)]
pub struct FacilityEdge {
    /// The facility.
    pub node: Facility,
    /// Its place in the list. Opaque, and valid for this list and account only.
    pub cursor: String,
}

/// A page of facilities, in the order of their ids.
#[derive(SimpleObject)]
pub struct FacilityConnection {
    /// The elements of the page.
    pub edges: Vec<FacilityEdge>,
    /// Where the page lies.
    pub page_info: PageInfo,
}

/// The size of a page as asked for.
///
/// # Errors
/// `graphql.page_size` unless it is from 1 to 200.
pub fn page_size(first: i32) -> Result<usize, Problem> {
    page_within(first, PAGE_MAX)
}

/// The size of a page as asked for, of a list with its own limit.
///
/// # Errors
/// `graphql.page_size` unless it is from 1 to `max`.
pub fn page_within(first: i32, max: i32) -> Result<usize, Problem> {
    let refused = || Problem::new(&error::GRAPHQL_PAGE_SIZE).with("limit", &max.to_string());
    if (1..=max).contains(&first) { usize::try_from(first).map_err(|_| refused()) } else { Err(refused()) }
}

/// What a page of `first` elements may cost. Never so much that sums of it overflow; a page that is
/// refused anyway costs as much as the largest.
pub fn cost(first: i32, child_complexity: usize) -> usize {
    /// More than any limit.
    const COST_MAX: usize = 1_000_000;
    let rows = usize::try_from(first.clamp(1, PAGE_MAX)).unwrap_or(1);
    rows.saturating_mul(child_complexity).saturating_add(1).min(COST_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_1_to_200_rows() {
        assert_eq!(page_size(1), Ok(1));
        assert_eq!(page_size(200), Ok(200));
        for first in [0, -1, 201, i32::MAX, i32::MIN] {
            assert_eq!(page_size(first).unwrap_err().code.code, "graphql.page_size");
        }
    }

    #[test]
    fn costs_do_not_overflow() {
        assert_eq!(cost(47, 10), 471);
        assert_eq!(cost(i32::MAX, 10), 2_001);
        assert_eq!(cost(-5, 10), 11);
        assert_eq!(cost(200, usize::MAX), 1_000_000);
    }
}
