//! Products, what goes along with them, and where their doses are given.
use super::{delivery::Storage, round::Stream, unknown, words::Words};
use crate::{
    loader::{AllProducts, AlongWith, AssignedIn, RatiosOn, SizesOf, StreamBy, sees_plans},
    scalars::{Count, Date, Vials},
    session::Session,
};
use allocation_store::rows;
use async_graphql::{Enum, SimpleObject};
use distribution_store::read::goods::{Goods, GoodsKey};
use domain::{BusinessDay, Problem, TerritoryCode};
use platform::failure::{Failure, Result as Outcome};
use std::collections::BTreeMap;

/// What a product is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(rename_items = "snake_case")]
pub enum ProductKind {
    /// ワクチン: figures are vials.
    Vaccine,
    /// 機器: a freezer, for instance; where a field says vials, pieces are meant.
    Device,
}

/// What is allotted: a vaccine, or a device.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Product {
    /// Its code: `comirnaty-12plus`, `freezer-75`.
    pub code: String,
    /// Its name.
    pub name: Words,
    /// What it is.
    pub kind: ProductKind,
    /// How it is kept.
    pub storage: Storage,
    /// What its pieces are called wherever a field says vials: バイアル and vials, 台 and units.
    pub unit: Words,
}

impl Product {
    fn of(row: &rows::Product) -> Result<Self, Problem> {
        Ok(Self {
            code: row.code.clone(),
            name: Words { ja: row.ja.clone(), en: row.en.clone() },
            kind: match row.kind.as_str() {
                "vaccine" => ProductKind::Vaccine,
                "device" => ProductKind::Device,
                other => return Err(unknown("kind of product", other)),
            },
            storage: Storage::parse(&row.storage)?,
            unit: Words { ja: row.unit_ja.clone(), en: row.unit_en.clone() },
        })
    }

    /// All products, by code.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn all(session: &Session) -> Result<Vec<Self>, Problem> {
        let products = session.loaders.one(AllProducts).await?.unwrap_or_default();
        products.values().map(Self::of).collect()
    }

    /// The product with this code.
    ///
    /// # Errors
    /// The coded problem of the read; `service.internal` when there is no such product.
    pub async fn load(session: &Session, code: &str) -> Result<Self, Problem> {
        let products = session.loaders.one(AllProducts).await?.unwrap_or_default();
        products.get(code).map_or_else(|| Err(unknown("product", code)), Self::of)
    }
}

/// Pieces of goods that go along with vials.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct GoodsPieces {
    /// Code of the goods: `diluent-2ml`.
    pub goods: String,
    /// Their name.
    pub name: Words,
    /// What a piece of them is called.
    pub unit: Words,
    /// Pieces, rounded up for each shipment.
    pub pieces: Count,
}

impl GoodsPieces {
    /// Of what a store has worked out.
    ///
    /// # Errors
    /// The coded problem of it.
    pub fn of(needed: Outcome<Vec<(Goods, i64)>>) -> Result<Vec<Self>, Problem> {
        let pieces = |(goods, pieces): (Goods, i64)| Self {
            goods: goods.code,
            name: Words { ja: goods.ja, en: goods.en },
            unit: Words { ja: goods.unit_ja, en: goods.unit_en },
            pieces: Count(pieces),
        };
        Ok(needed.map_err(Failure::into_problem)?.into_iter().map(pieces).collect())
    }
}

impl GoodsPieces {
    /// What goes along with all that was released of a round to hubs in a territory, if its plans are open to
    /// the caller.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn of_round(
        session: &Session,
        round: &rows::Round,
        holder: TerritoryCode,
    ) -> Result<Option<Vec<Self>>, Problem> {
        if !sees_plans(&session.op.actor, holder) {
            return Ok(None);
        }
        let sizes = session.loaders.one(SizesOf(round.id)).await?.unwrap_or_default();
        let own = sizes.iter().filter(|(municipality, ..)| holder.contains(*municipality));
        let shipments: Vec<(i64, i64)> = own.map(|(_, vials, number)| (*vials, *number)).collect();
        let key = GoodsKey {
            product: round.product.clone(),
            programme: round.programme.clone(),
            pack: round.pack.clone(),
            day: round.delivery_from,
        };
        let along = session.loaders.one(AlongWith(key)).await?.unwrap_or_default();
        Self::of(along.with_shipments(&shipments)).map(Some)
    }
}

/// How many pieces of some goods go along with a product.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct GoodsRatio {
    /// Code of the product.
    pub product: String,
    /// Code of the programme.
    pub programme: String,
    /// Code of the goods.
    pub goods: String,
    /// Their name.
    pub name: Words,
    /// What a piece of them is called.
    pub unit: Words,
    /// So many pieces …
    pub pieces: Count,
    /// … for every so many vials; null where doses count.
    pub per_vials: Option<Count>,
    /// … for every so many doses; null where vials count.
    pub per_doses: Option<Count>,
    /// First day.
    pub valid_from: Date,
    /// The day after the last; null while it has no end.
    pub valid_to: Option<Date>,
}

impl GoodsRatio {
    /// The ratios in force on a day, by product, programme and goods.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn on(session: &Session, product: Option<String>, day: BusinessDay) -> Result<Vec<Self>, Problem> {
        let rows = session.loaders.one(RatiosOn { day, product }).await?.unwrap_or_default();
        let count = |number: i32| Count(i64::from(number));
        let ratio = |(row, goods): &(rows::GoodsRatio, rows::Goods)| Self {
            product: row.product.clone(),
            programme: row.programme.clone(),
            goods: goods.code.clone(),
            name: Words { ja: goods.ja.clone(), en: goods.en.clone() },
            unit: Words { ja: goods.unit_ja.clone(), en: goods.unit_en.clone() },
            pieces: count(row.pieces),
            per_vials: row.per_vials.map(count),
            per_doses: row.per_doses.map(count),
            valid_from: Date(BusinessDay::from_date(row.valid_from)),
            valid_to: row.valid_to.map(|day| Date(BusinessDay::from_date(day))),
        };
        Ok(rows.iter().map(ratio).collect())
    }
}

/// What is given in a territory out of one stream, of one product, in all rounds.
#[derive(Debug, Clone, SimpleObject)]
pub struct StreamDoses {
    /// Code of the programme.
    pub programme: String,
    /// The stream.
    pub stream: Stream,
    /// The product.
    pub product: Product,
    /// Assigned to sites in the territory, vials or pieces, less what came back.
    pub vials: Vials,
    /// The same in doses, as each round counts them; null for a device.
    pub doses: Option<Count>,
    /// Sites that hold them.
    pub sites: Count,
    /// They came down through the territory's own share. Where false they are given here, but come from
    /// somebody else's hand (a workplace's or the nation's centre's from the nation), and the territory's
    /// share is none the smaller for them.
    pub of_own_share: bool,
}

impl StreamDoses {
    /// What is given in a territory, if its plans are open to the caller; of one product or all.
    ///
    /// # Errors
    /// The coded problem of the read.
    pub async fn load(
        session: &Session,
        territory: TerritoryCode,
        product: Option<&str>,
    ) -> Result<Option<Vec<Self>>, Problem> {
        let Some(rows) = session.loaders.one(AssignedIn(territory)).await? else { return Ok(None) };
        let products: BTreeMap<String, Product> =
            Product::all(session).await?.into_iter().map(|product| (product.code.clone(), product)).collect();
        let mut streams = Vec::with_capacity(rows.len());
        for row in rows.iter().filter(|row| product.is_none_or(|wanted| row.product == wanted)) {
            let key = StreamBy { programme: row.programme.clone(), code: row.stream.clone() };
            let stream = session.loaders.one(key).await?.ok_or_else(|| unknown("stream", &row.stream))?;
            let product = products.get(&row.product).cloned().ok_or_else(|| unknown("product", &row.product))?;
            streams.push(Self {
                programme: row.programme.clone(),
                of_own_share: stream.levels.iter().any(|level| level == territory.tier().as_str()),
                stream: Stream::of(&stream)?,
                doses: (product.kind == ProductKind::Vaccine).then_some(Count(row.doses)),
                product,
                vials: Vials(row.vials),
                sites: Count(row.sites),
            });
        }
        Ok(Some(streams))
    }
}
