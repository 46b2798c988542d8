//! The stock book: which account is whose, and vials that go from one to another.
//!
//! Whoever uses it holds the locks of the places whose accounts it touches, in this order: the shipment's,
//! the depot's, the site's, the maker's; then it has read the lots so that nobody recalls them
//! (`write::lots_shared`). What is read of an account is then true to the end of the transaction.
use distribution_store::{
    rows::{Lot, StockAccount},
    stock, write,
};
use domain::{Problem, error};
use ledger::{AccountId, NewAccount, Transfer};
use platform::{Failure, OpCtx, Tx, failure::Result};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What an account of the book holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Maker,
    Available,
    Reserved,
    InTransit,
    Returned,
    Lost,
    Destroyed,
    Quarantined,
    Discrepancy,
}

impl Kind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Maker => "maker",
            Self::Available => "available",
            Self::Reserved => "reserved",
            Self::InTransit => "in_transit",
            Self::Returned => "returned",
            Self::Lost => "lost",
            Self::Destroyed => "destroyed",
            Self::Quarantined => "quarantined",
            Self::Discrepancy => "discrepancy",
        }
    }

    /// Things enter the book at the maker; a discrepancy owes what arrived without having been sent.
    fn is_source(self) -> bool {
        matches!(self, Self::Maker | Self::Discrepancy)
    }

    /// Where vials of a lot lie that are on hand: nothing of a recalled lot is available.
    pub(super) fn resting(lot: &Lot) -> Self {
        if lot.recalled_at.is_some() { Self::Quarantined } else { Self::Available }
    }
}

/// One account, as the book names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Pile {
    pub lot: Uuid,
    pub kind: Kind,
    pub place: String,
}

impl Pile {
    pub(super) fn maker(lot: Uuid) -> Self {
        Self { lot, kind: Kind::Maker, place: "maker".to_owned() }
    }

    pub(super) fn depot(lot: Uuid, kind: Kind, wholesaler: &str) -> Self {
        Self { lot, kind, place: stock::depot(wholesaler) }
    }

    pub(super) fn site(lot: Uuid, kind: Kind, site: Uuid) -> Self {
        Self { lot, kind, place: stock::site(site) }
    }

    pub(super) fn shipment(lot: Uuid, kind: Kind, shipment: Uuid) -> Self {
        Self { lot, kind, place: stock::shipment(shipment) }
    }
}

struct Shift {
    from: Pile,
    to: Pile,
    vials: i64,
}

/// The piles of one piece of work, and what it moves between them. Nothing is written before
/// [`Book::post`].
#[derive(Default)]
pub(super) struct Book {
    accounts: BTreeMap<Pile, AccountId>,
    vials: BTreeMap<Pile, i64>,
    asked: BTreeSet<Pile>,
    shifts: Vec<Shift>,
}

impl Book {
    /// Reads what these piles hold.
    pub(super) async fn load(tx: &mut Tx, piles: Vec<Pile>) -> Result<Self> {
        let mut book = Self::default();
        book.look_up(tx, piles).await?;
        Ok(book)
    }

    /// Takes in accounts that were read otherwise.
    pub(super) fn know(&mut self, pile: Pile, account: i64, vials: i64) {
        self.asked.insert(pile.clone());
        self.accounts.insert(pile.clone(), AccountId(account));
        *self.vials.entry(pile).or_default() += vials;
    }

    async fn look_up(&mut self, tx: &mut Tx, piles: Vec<Pile>) -> Result<()> {
        if piles.is_empty() {
            return Ok(());
        }
        let lots = piles.iter().map(|pile| pile.lot).collect();
        let kinds = piles.iter().map(|pile| pile.kind.as_str()).collect();
        let places = piles.iter().map(|pile| pile.place.as_str()).collect();
        let held = stock::accounts(tx, lots, kinds, places).await?;
        let mut found: BTreeMap<(Uuid, String, String), (i64, i64)> = held
            .into_iter()
            .map(|held| ((held.lot_id, held.kind, held.place), (held.account_id, held.vials)))
            .collect();
        for pile in piles {
            let key = (pile.lot, pile.kind.as_str().to_owned(), pile.place.clone());
            match found.remove(&key) {
                Some((account, vials)) => self.know(pile, account, vials),
                None => drop(self.asked.insert(pile)),
            }
        }
        Ok(())
    }

    /// What a pile holds, after all that has been moved so far.
    pub(super) fn vials(&self, pile: &Pile) -> i64 {
        self.vials.get(pile).copied().unwrap_or(0)
    }

    /// Moves vials; none is nothing.
    pub(super) fn shift(&mut self, from: &Pile, to: &Pile, vials: i64) {
        if vials <= 0 {
            return;
        }
        *self.vials.entry(from.clone()).or_default() -= vials;
        *self.vials.entry(to.clone()).or_default() += vials;
        match self.shifts.iter_mut().find(|shift| shift.from == *from && shift.to == *to) {
            Some(shift) => shift.vials += vials,
            None => self.shifts.push(Shift { from: from.clone(), to: to.clone(), vials }),
        }
    }

    /// Moves up to `vials` of what a pile holds; answers how many.
    pub(super) fn draw(&mut self, from: &Pile, to: &Pile, vials: i64) -> i64 {
        let drawn = self.vials(from).clamp(0, vials.max(0));
        self.shift(from, to, drawn);
        drawn
    }

    /// Moves vials that must be there.
    ///
    /// # Errors
    /// `stock.insufficient`.
    pub(super) fn take(&mut self, from: &Pile, to: &Pile, vials: i64, lot: &str) -> Result<()> {
        let available = self.vials(from);
        if available < vials {
            let problem = Problem::new(&error::STOCK_INSUFFICIENT).with("place", &from.place).with("lot", lot);
            let needed = vials.to_string();
            return Err(problem.with("available", &available.to_string()).with("needed", &needed).into());
        }
        self.shift(from, to, vials);
        Ok(())
    }

    /// Posts what was moved. The transfers' ids are made of `cause` and of both ends, so that the same cause
    /// moves the same vials once. What was moved back and forth is posted as it was moved.
    pub(super) async fn post(mut self, tx: &mut Tx, ctx: &OpCtx, cause: Uuid, reason: &str) -> Result<()> {
        if self.shifts.is_empty() {
            return Ok(());
        }
        let used: BTreeSet<Pile> =
            self.shifts.iter().flat_map(|shift| [shift.from.clone(), shift.to.clone()]).collect();
        let unasked = used.iter().filter(|pile| !self.asked.contains(*pile)).cloned().collect();
        self.look_up(tx, unasked).await?;
        self.open(tx, used.into_iter().filter(|pile| !self.accounts.contains_key(pile)).collect()).await?;
        let mut transfers = Vec::with_capacity(self.shifts.len());
        for shift in &self.shifts {
            let account = |pile: &Pile| {
                let found = self.accounts.get(pile).copied();
                found.ok_or_else(|| Failure::internal("an account of the stock book was not opened"))
            };
            let id = transfer_id(cause, &shift.from, &shift.to);
            let transfer = Transfer::post(id, account(&shift.from)?, account(&shift.to)?, shift.vials);
            transfers.push(transfer.because(reason));
        }
        if transfers.len() > ledger::CHAIN_MAX {
            let accounts: Vec<AccountId> = self.accounts.values().copied().collect();
            ledger::lock(tx, &accounts).await?;
        }
        for chain in transfers.chunks(ledger::CHAIN_MAX) {
            ledger::post(tx, ctx, chain).await?;
        }
        Ok(())
    }

    async fn open(&mut self, tx: &mut Tx, piles: Vec<Pile>) -> Result<()> {
        if piles.is_empty() {
            return Ok(());
        }
        let new = |pile: &Pile| {
            let unit = format!("vial/{}", pile.lot);
            if pile.kind.is_source() { NewAccount::source(unit) } else { NewAccount::of(unit) }
        };
        let opened = ledger::open(tx, &piles.iter().map(new).collect::<Vec<_>>()).await?;
        let row = |(pile, account): (&Pile, &AccountId)| StockAccount {
            account_id: account.0,
            lot_id: pile.lot,
            kind: pile.kind.as_str().to_owned(),
            place: pile.place.clone(),
        };
        let rows: Vec<StockAccount> = piles.iter().zip(&opened).map(row).collect();
        write::accounts(tx, &rows).await?;
        self.accounts.extend(piles.into_iter().zip(opened));
        Ok(())
    }
}

/// The id of the transfer by which `cause` moves vials from one pile to another.
fn transfer_id(cause: Uuid, from: &Pile, to: &Pile) -> Uuid {
    let (out, into) = (from.kind.as_str(), to.kind.as_str());
    let label = format!("{}: {out} at {} to {into} at {}", from.lot, from.place, to.place);
    Uuid::new_v5(&cause, label.as_bytes())
}
