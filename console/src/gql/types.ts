// Written by `npm run gen` from *.graphql and graphql/schema.graphql. Do not edit.
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
/** Lines to be changed by hand, together. */
export type AdjustLineInput = {
  /** Made by the sender (a UUID of version 7); keep it when you send the same request again. */
  readonly id: string;
  /** The plan. */
  readonly plan: string;
  /**
   * The version that was read. If it is no longer the newest, the request is stale and nothing is
   * written.
   */
  readonly version: number;
  /** Why; 1 to 500 characters. */
  readonly reason: string;
  /** The lines, as they shall be. */
  readonly lines: ReadonlyArray<LineInput>;
};

/**
 * The answer to one item: exactly one of `count`, `choice` and `notApplicable: true`. An item that
 * is left out is not answered, which is neither 0 nor "does not apply".
 */
export type AnswerInput = {
  /** The item's code. */
  readonly item: string;
  /** For a count: the number, in the item's unit. */
  readonly count?: number | null | undefined;
  /** For a choice: the answer chosen. */
  readonly choice?: string | null | undefined;
  /** True: the question does not apply to this facility. */
  readonly notApplicable?: boolean | null | undefined;
};

/** An answer to an objection. */
export type AnswerObjectionInput = {
  /** Made by the sender (a UUID of version 7); keep it when you send the same request again. */
  readonly id: string;
  /** The objection. */
  readonly objection: string;
  /** What becomes of it. */
  readonly decision: ObjectionDecision;
  /** Why; 1 to 2,000 characters. */
  readonly text: string;
};

/** What became of a partner's answer. */
export type AnswerState =
  /** It waits for an earlier one. */
  | 'held'
  /** It moved the shipment, or confirmed what was known. */
  | 'applied'
  /** It was held, and refused when its turn came. */
  | 'refused';

/** One lot as it arrived. */
export type ArrivedLotInput = {
  /** Lot number; full width and lower case are understood. */
  readonly lot: string;
  /** Usable vials. */
  readonly accepted: number;
  /** Broken or warm vials: they go into quarantine. */
  readonly damaged?: number;
};

/** Vials for sites. */
export type AssignToSitesInput = {
  /**
   * Made by the sender (a UUID of version 7); keep it when you send the same request again. The
   * assignment becomes a plan with this id.
   */
  readonly id: string;
  /** The round. */
  readonly round: string;
  /**
   * Whose holdings are assigned, and in whose territory the sites lie: who stands last in the
   * round's stream. A municipality, or a prefecture in a round of its own sites.
   */
  readonly holder: string;
  /** The sites, each once; at most 2,000. */
  readonly sites: ReadonlyArray<SiteVialsInput>;
};

/** A plan to be computed, or computed again before it is handed in. */
export type ComputePlanInput = {
  /**
   * Made by the sender (a UUID of version 7); keep it when you send the same request again. A new
   * plan gets this id.
   */
  readonly id: string;
  /** The round. */
  readonly round: string;
  /** Whose holdings are divided: the nation or a prefecture. */
  readonly holder: string;
  /** The version that was read, when the plan exists already. */
  readonly version?: number | null | undefined;
  /** A published rule, `covid19-standard@1`; instead of `components`. */
  readonly rule?: string | null | undefined;
  /** The rule in its short form, instead of `rule`: the parts in order; 1 to 8. */
  readonly components?: ReadonlyArray<RuleComponentInput>;
};

/** What arrived. */
export type ConfirmReceiptInput = {
  /**
   * Made by the sender (a UUID of version 7); keep it when you send the same request again. The receipt
   * gets this id.
   */
  readonly id: string;
  /** The shipment. */
  readonly shipment: string;
  /** When it arrived; now unless given. */
  readonly receivedAt?: string | null | undefined;
  /** The lots, each once. One that is left out did not come; an empty list when nothing came at all. */
  readonly lots: ReadonlyArray<ArrivedLotInput>;
};

/** What became of vials that are not where the book expected them. */
export type DiscrepancyDecision =
  /** Short: they are gone. */
  | 'lost'
  /** Short: they never left the depot. */
  | 'found_at_depot'
  /** Short: they were at the site after all. */
  | 'found_at_site'
  /** Surplus, beyond stock: they came from the depot's own stock. */
  | 'from_depot'
  /** Surplus, beyond stock: the maker had sent them, and nobody had noted it. */
  | 'from_maker'
  /** Damaged: thrown away. */
  | 'destroyed'
  /** Damaged: looked at, and good. */
  | 'usable'
  /** Damaged: sent back to the depot. */
  | 'returned'
  /** The branch put back before dispatch what it had picked beyond the depot's book. Nobody decides it. */
  | 'withdrawn';

/** How vials differ from the book. */
export type DiscrepancyKind =
  /** They should have arrived and did not. */
  | 'short'
  /** They arrived and should not have. */
  | 'surplus'
  /** They arrived broken or warm. */
  | 'damaged'
  /** The branch picked more than the depot's book had. */
  | 'beyond_stock';

/** What a facility is. */
export type FacilityKind =
  /** 病院: a hospital, 20 beds or more. */
  | 'hospital'
  /** 診療所: a clinic, fewer than 20 beds. */
  | 'clinic';

/** How an item is answered. */
export type ItemKind =
  /** A whole number from 0 to the item's maximum. */
  | 'count'
  /** 医療提供状況: normal, limited, stopped, not_offered. */
  | 'status'
  /** 充足: normal, short, exhausted. */
  | 'staffing';

/** A line as it shall be. */
export type LineInput = {
  /** The recipient: a territory's code. */
  readonly recipient: string;
  /** What it shall get, in the plan's unit. */
  readonly units: number;
};

/** Where a line stands. */
export type LineState =
  /** Not told to the recipient yet. */
  | 'planned'
  /** Told to the recipient. */
  | 'notified'
  /** Delivered against. */
  | 'released'
  /** Taken back. */
  | 'withdrawn';

/** A plan to be moved on. */
export type MovePlanInput = {
  /** Made by the sender (a UUID of version 7); keep it when you send the same request again. */
  readonly id: string;
  /** The plan. */
  readonly plan: string;
  /**
   * The version that was read. If it is no longer the newest, the request is stale and nothing is
   * written.
   */
  readonly version: number;
};

/** What became of an objection. */
export type ObjectionDecision =
  /** The line will be looked at again. */
  | 'accepted'
  /** It stays as it is. */
  | 'declined';

/** What becomes of a plan that is not committed when it is due. */
export type OnLate =
  /** It waits for its officers; they and the level above are told. */
  | 'wait'
  /** It is committed as it stands, within its supply and after those below were heard. */
  | 'carry';

/** Where a plan stands. */
export type PlanState =
  /** Begun, without lines. */
  | 'draft'
  /** The lines are there; they may be adjusted. */
  | 'computed'
  /**
   * Handed in; no line may change. With `objectionsUntil` it is a proposal that its recipients may object
   * to.
   */
  | 'submitted'
  /** Agreed to; may be committed. */
  | 'approved'
  /** In the entitlement book. */
  | 'committed'
  /** The round is over. */
  | 'closed'
  /** Another plan has taken its place. */
  | 'superseded'
  /** Given up. */
  | 'cancelled';

/** What a plan's lines are counted in. */
export type PlanUnit =
  /** 箱: whole packs, from the nation down to the municipalities. */
  | 'pack'
  /** バイアル: single vials, for sites. */
  | 'vial';

/** Assigned lines of one hub group to be released. */
export type ReleaseLinesInput = {
  /**
   * Made by the sender (a UUID of version 7); keep it when you send the same request again. The release
   * and the shipment get this id.
   */
  readonly id: string;
  /** The round. */
  readonly round: string;
  /** Whose assignments: a municipality, or a prefecture for its own site or its municipalities' ones. */
  readonly holder: string;
  /** The hub: a mass site's id. */
  readonly hub: string;
  /**
   * Sites of the hub's group whose lines are released, the hub itself among them; all that have lines
   * unless given.
   */
  readonly sites?: ReadonlyArray<string> | null | undefined;
};

/** A decision on vials that are not where they should be. */
export type ResolveDiscrepancyInput = {
  /** Made by the sender (a UUID of version 7); keep it when you send the same request again. */
  readonly id: string;
  /** The discrepancy. */
  readonly discrepancy: string;
  /** What became of the vials: one of the discrepancy's `decisions`. */
  readonly decision: DiscrepancyDecision;
  /** Why; 1 to 500 characters. */
  readonly reason: string;
};

/** What an account is for. */
export type Role =
  /** 国: the ministry. */
  | 'ministry'
  /** 都道府県: a prefecture's officers. */
  | 'prefecture'
  /** 市町村: a municipality's officers. */
  | 'municipality'
  /** 保健所: a public health centre. */
  | 'health_centre'
  /** 病院: the staff of one hospital. */
  | 'hospital'
  /** とりまとめ団体: reports for all facilities of its prefecture. */
  | 'reporting_proxy'
  /** 卸: a pharmaceutical wholesaler. */
  | 'wholesaler'
  /** 監査: the auditor. */
  | 'auditor'
  /** Runs the machine and sees no figures. */
  | 'operator'
  /** 調整本部: a prefecture's coordination headquarters. */
  | 'coordination_hq'
  /** 診療所: the staff of one clinic. */
  | 'clinic'
  /** 郡市医師会: a medical association. */
  | 'medical_association'
  /** 製造販売業者: a maker. */
  | 'maker'
  /** 専門家ネットワーク: a network of experts (ECMOnet). */
  | 'expert_network'
  /** 消防: a fire service. */
  | 'fire_service'
  /** 相談窓口: the help desk. */
  | 'help_desk'
  /** Anybody, not signed in. */
  | 'public';

/**
 * One part of a rule: so much of the supply, in proportion to an indicator. What a part leaves
 * over rolls into the next.
 */
export type RuleComponentInput = {
  /** `base`, `adjustment` */
  readonly name: string;
  /** Packs of the supply for this part, at most what is left; the rest unless given. */
  readonly units?: number | null | undefined;
  /** `population` (total, newest date) or `wish` (vials wished for by the sites). */
  readonly indicator: string;
  /** `webster` unless given; `adams`, `dhondt`, `hamilton`. */
  readonly method?: string | null | undefined;
};

/** Rules to be tried out. */
export type RunWhatIfInput = {
  /**
   * Made by the sender (a UUID of version 7); keep it when you send the same request again. The what-if
   * gets this id.
   */
  readonly id: string;
  /** The round whose supply, wishes and history are used, also a closed one. */
  readonly round?: string | null | undefined;
  /**
   * Or a round of the past as it was published: its boxes are the supply, its places take part, and what they
   * really got stands beside. Rules may name `past_doses` and `past_doses_before`.
   */
  readonly pastRound?: string | null | undefined;
  /** Figures for this what-if alone, before those recorded under the same name; at most 20. */
  readonly figures?: ReadonlyArray<WhatIfFiguresInput>;
  /** Instead of the round's supply; needed, with pack and doses, where no round is named. */
  readonly supply?: WhatIfSupplyInput | null | undefined;
  /** The nation, or the prefecture whose municipalities take part. */
  readonly holder: string;
  /** The rules, 1 to 5; the others are compared with the first. */
  readonly rules: ReadonlyArray<WhatIfRuleInput>;
};

/** Where a shipment stands. */
export type ShipmentState =
  /** Made from a release; the branch has been told. */
  | 'ordered'
  /** The branch has named a day. */
  | 'scheduled'
  /** The actual lots are chosen. */
  | 'picked'
  /** On the road. */
  | 'dispatched'
  /** Handed over, by the branch's word or the site's. */
  | 'delivered'
  /** Not handed over; still on the road or back at the branch's door. */
  | 'failed'
  /** Physically back at the wholesaler. */
  | 'returned'
  /** Gone. */
  | 'lost'
  /** Called off by an officer before dispatch. */
  | 'cancelled'
  /** Given up by the branch before dispatch, or nobody serves the place. */
  | 'unfulfillable';

/** What a site is. */
export type SiteKind =
  /** 集団接種会場: a mass site; the hub that satellites get their vials from. */
  | 'mass'
  /** 個別接種会場: a hospital or clinic. */
  | 'satellite'
  /** 職域接種会場: a workplace or university; its doses come from the nation. */
  | 'workplace'
  /** 国の大規模接種会場: a centre of the nation's own. */
  | 'national_centre';

/** Vials for one site. */
export type SiteVialsInput = {
  /** The site's id. */
  readonly site: string;
  /** Vials, from 1. */
  readonly vials: number;
};

/** How a product is kept. */
export type Storage =
  /** 超低温: about -75 °C. */
  | 'ultra_cold'
  /** 冷凍: about -20 °C. */
  | 'frozen'
  /** 冷蔵: 2 to 8 °C. */
  | 'refrigerated'
  /** 常温: devices, at room temperature. */
  | 'ambient';

/** A facility's report of a day. */
export type SubmitReportInput = {
  /** Made by the sender (a UUID of version 7); keep it when you send the same report again. */
  readonly id: string;
  /** Whose report. */
  readonly facility: string;
  /** The form's code. */
  readonly form?: string;
  /** The day reported about, Japan time. */
  readonly businessDay: string;
  /** The moment the figures describe; now unless given. */
  readonly asOf?: string | null | undefined;
  /**
   * For a correction: the revision that was read. If it is no longer the newest, the report is
   * stale and nothing is written.
   */
  readonly replacesRevision?: number | null | undefined;
  /** Why it is corrected; at most 500 characters. */
  readonly reason?: string | null | undefined;
  /** The answers. */
  readonly answers: ReadonlyArray<AnswerInput>;
};

/** A plan to be taken back. */
export type TakeBackPlanInput = {
  /** Made by the sender (a UUID of version 7); keep it when you send the same request again. */
  readonly id: string;
  /** The plan. */
  readonly plan: string;
  /**
   * The version that was read. If it is no longer the newest, the request is stale and nothing is
   * written.
   */
  readonly version: number;
  /** Why; 1 to 500 characters. */
  readonly reason: string;
};

/** What a territory is by law. */
export type TerritoryKind =
  /** 国: the nation. */
  | 'nation'
  /** 都道府県: a prefecture. */
  | 'prefecture'
  /** 政令指定都市: a designated city as a whole; its wards are not territories. */
  | 'designated_city'
  /** 市: a city. */
  | 'city'
  /** 町: a town. */
  | 'town'
  /** 村: a village. */
  | 'village'
  /** 特別区: one of Tokyo's 23 special wards. */
  | 'special_ward';

/** The tier of a territory. */
export type TerritoryTier =
  /** 国: the nation. */
  | 'nation'
  /** 都道府県: one of 47. */
  | 'prefecture'
  /** 市町村 and 特別区: a city, town, village or special ward. */
  | 'municipality';

/** The figure of one place. */
export type WhatIfFigureInput = {
  /** Its code, or its name in the publication of a round of the past. */
  readonly place: string;
  /** 0 to 2^53. */
  readonly value: number;
};

/** Figures of one indicator that are used in one what-if only. */
export type WhatIfFiguresInput = {
  /** The name by which rules know it: `population_total`. */
  readonly code: string;
  /** Name, Japanese. */
  readonly ja: string;
  /** Name, English. */
  readonly en: string;
  /** What is counted: `people`, `doses`. */
  readonly unit: string;
  /** Where the figures come from. */
  readonly source: string;
  /** Of which day; not later than the day of the what-if. */
  readonly asOf: string;
  /** A value for each place; a place that is missing has none. */
  readonly values: ReadonlyArray<WhatIfFigureInput>;
};

/** A rule to be tried out: a published one, or a document. */
export type WhatIfRuleInput = {
  /** A published rule: `covid19-standard@1`. */
  readonly rule?: string | null | undefined;
  /** Or a document, allocation-rule/1, as JSON text. */
  readonly document?: string | null | undefined;
};

/** A supply that is made up. */
export type WhatIfSupplyInput = {
  /** Whole packs. */
  readonly boxes: number;
  /** Vials of a pack; the round's unless given. */
  readonly packVials?: number | null | undefined;
  /** Doses counted for one vial; the round's unless given. */
  readonly dosesPerVial?: number | null | undefined;
};

export type RoundsQueryVariables = Exact<{ [key: string]: never; }>;


export type RoundsQuery = { readonly __typename: 'Query', readonly rounds: ReadonlyArray<{ readonly __typename: 'Round', readonly roundId: string, readonly programme: string, readonly product: string, readonly number: number, readonly deliveryFrom: string, readonly deliveryTo: string, readonly pack: string, readonly packVials: number, readonly dosesPerVial: number, readonly supplyVials: number | null, readonly stream: { readonly __typename: 'Stream', readonly code: string, readonly levels: ReadonlyArray<TerritoryTier>, readonly name: { readonly __typename: 'Words', readonly ja: string, readonly en: string } }, readonly productDetails: { readonly __typename: 'Product', readonly code: string, readonly storage: Storage, readonly name: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly unit: { readonly __typename: 'Words', readonly ja: string, readonly en: string } }, readonly levels: ReadonlyArray<{ readonly __typename: 'RoundLevel', readonly level: TerritoryTier, readonly dueAt: string, readonly late: boolean, readonly due: number, readonly committed: number, readonly onLate: OnLate, readonly grantedVials: number, readonly releasedVials: number, readonly inTransitVials: number, readonly receivedVials: number, readonly asOf: string, readonly states: ReadonlyArray<{ readonly __typename: 'StateCount', readonly state: PlanState | null, readonly count: number }> }> }> };

export type RoundProgressQueryVariables = Exact<{
  id: string;
  fair: boolean;
}>;


export type RoundProgressQuery = { readonly __typename: 'Query', readonly round: { readonly __typename: 'Round', readonly roundId: string, readonly programme: string, readonly product: string, readonly number: number, readonly deliveryFrom: string, readonly deliveryTo: string, readonly pack: string, readonly packVials: number, readonly dosesPerVial: number, readonly supplyVials: number | null, readonly waiting: ReadonlyArray<{ readonly __typename: 'RoundLevel', readonly level: TerritoryTier, readonly waiting: ReadonlyArray<{ readonly __typename: 'Waiting', readonly state: PlanState | null, readonly territory: { readonly __typename: 'Territory', readonly code: string, readonly tier: TerritoryTier, readonly name: { readonly __typename: 'TerritoryName', readonly ja: string, readonly en: string | null }, readonly parent: { readonly __typename: 'Territory', readonly code: string, readonly name: { readonly __typename: 'TerritoryName', readonly ja: string, readonly en: string | null } } | null } }> }>, readonly prefectures?: { readonly __typename: 'Fairness', readonly basis: string, readonly lines: number, readonly given: number, readonly reserve: number, readonly giniPpm: number | null, readonly jainPpm: number | null, readonly minCoveragePpm: number | null, readonly maxCoveragePpm: number | null, readonly coverageRatioPpm: number | null, readonly linesOffByAUnitOrMore: number | null } | null, readonly municipalities?: { readonly __typename: 'Fairness', readonly basis: string, readonly lines: number, readonly given: number, readonly reserve: number, readonly giniPpm: number | null, readonly jainPpm: number | null, readonly minCoveragePpm: number | null, readonly maxCoveragePpm: number | null, readonly coverageRatioPpm: number | null, readonly linesOffByAUnitOrMore: number | null } | null, readonly shipmentCounts: { readonly __typename: 'ShipmentCounts', readonly asOf: string, readonly states: ReadonlyArray<{ readonly __typename: 'ShipmentCount', readonly state: ShipmentState, readonly shipments: number, readonly vials: number }> }, readonly stream: { readonly __typename: 'Stream', readonly code: string, readonly levels: ReadonlyArray<TerritoryTier>, readonly name: { readonly __typename: 'Words', readonly ja: string, readonly en: string } }, readonly productDetails: { readonly __typename: 'Product', readonly code: string, readonly storage: Storage, readonly name: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly unit: { readonly __typename: 'Words', readonly ja: string, readonly en: string } }, readonly levels: ReadonlyArray<{ readonly __typename: 'RoundLevel', readonly level: TerritoryTier, readonly dueAt: string, readonly late: boolean, readonly due: number, readonly committed: number, readonly onLate: OnLate, readonly grantedVials: number, readonly releasedVials: number, readonly inTransitVials: number, readonly receivedVials: number, readonly asOf: string, readonly states: ReadonlyArray<{ readonly __typename: 'StateCount', readonly state: PlanState | null, readonly count: number }> }> } | null };

export type EvenFragment = { readonly __typename: 'Fairness', readonly basis: string, readonly lines: number, readonly given: number, readonly reserve: number, readonly giniPpm: number | null, readonly jainPpm: number | null, readonly minCoveragePpm: number | null, readonly maxCoveragePpm: number | null, readonly coverageRatioPpm: number | null, readonly linesOffByAUnitOrMore: number | null };

export type PlanHeadFragment = { readonly __typename: 'Plan', readonly planId: string, readonly level: TerritoryTier, readonly state: PlanState, readonly version: number, readonly supplyVials: number, readonly grantedVials: number, readonly reserveVials: number, readonly unitVials: number, readonly unit: PlanUnit, readonly computedAt: string, readonly committedAt: string | null, readonly digest: string, readonly needsObjections: boolean, readonly objectionsUntil: string | null, readonly submittedBy: string | null, readonly approvedBy: string | null, readonly training: boolean, readonly holder: { readonly __typename: 'Territory', readonly code: string, readonly tier: TerritoryTier, readonly name: { readonly __typename: 'TerritoryName', readonly ja: string, readonly en: string | null } }, readonly rule: { readonly __typename: 'PlanRule', readonly name: string | null, readonly ofNationalRun: boolean, readonly byHand: boolean, readonly components: ReadonlyArray<{ readonly __typename: 'RuleComponent', readonly name: string, readonly units: number, readonly indicator: string, readonly method: string }> } };

export type LineFragment = { readonly __typename: 'PlanLine', readonly recipient: string, readonly name: string, readonly computed: number, readonly units: number, readonly adjusted: boolean, readonly adjustedReason: string | null, readonly adjustedBy: string | null, readonly state: LineState, readonly flags: ReadonlyArray<string>, readonly figures: ReadonlyArray<{ readonly __typename: 'LineFigure', readonly indicator: string, readonly value: number }> };

export type WorksheetQueryVariables = Exact<{
  round: string;
  holder: string;
}>;


export type WorksheetQuery = { readonly __typename: 'Query', readonly round: { readonly __typename: 'Round', readonly roundId: string, readonly programme: string, readonly product: string, readonly number: number, readonly deliveryFrom: string, readonly deliveryTo: string, readonly pack: string, readonly packVials: number, readonly dosesPerVial: number, readonly supplyVials: number | null, readonly granted: { readonly __typename: 'Grant', readonly grantedVials: number, readonly availableVials: number, readonly reserveVials: number } | null, readonly plan: { readonly __typename: 'Plan', readonly planId: string, readonly level: TerritoryTier, readonly state: PlanState, readonly version: number, readonly supplyVials: number, readonly grantedVials: number, readonly reserveVials: number, readonly unitVials: number, readonly unit: PlanUnit, readonly computedAt: string, readonly committedAt: string | null, readonly digest: string, readonly needsObjections: boolean, readonly objectionsUntil: string | null, readonly submittedBy: string | null, readonly approvedBy: string | null, readonly training: boolean, readonly lines: { readonly __typename: 'PlanLineConnection', readonly edges: ReadonlyArray<{ readonly __typename: 'PlanLineEdge', readonly cursor: string, readonly node: { readonly __typename: 'PlanLine', readonly recipient: string, readonly name: string, readonly computed: number, readonly units: number, readonly adjusted: boolean, readonly adjustedReason: string | null, readonly adjustedBy: string | null, readonly state: LineState, readonly flags: ReadonlyArray<string>, readonly figures: ReadonlyArray<{ readonly __typename: 'LineFigure', readonly indicator: string, readonly value: number }> } }> }, readonly changes: ReadonlyArray<{ readonly __typename: 'PlanChange', readonly version: number, readonly action: string, readonly recipient: string | null, readonly unitsBefore: number | null, readonly unitsAfter: number | null, readonly reason: string | null, readonly by: string, readonly at: string }>, readonly objections: ReadonlyArray<{ readonly __typename: 'Objection', readonly objectionId: string, readonly units: number, readonly unitsWished: number | null, readonly text: string, readonly by: string, readonly at: string, readonly recipient: { readonly __typename: 'Territory', readonly code: string, readonly name: { readonly __typename: 'TerritoryName', readonly ja: string, readonly en: string | null } }, readonly answer: { readonly __typename: 'ObjectionAnswer', readonly decision: ObjectionDecision, readonly text: string, readonly by: string, readonly at: string } | null }>, readonly holder: { readonly __typename: 'Territory', readonly code: string, readonly tier: TerritoryTier, readonly name: { readonly __typename: 'TerritoryName', readonly ja: string, readonly en: string | null } }, readonly rule: { readonly __typename: 'PlanRule', readonly name: string | null, readonly ofNationalRun: boolean, readonly byHand: boolean, readonly components: ReadonlyArray<{ readonly __typename: 'RuleComponent', readonly name: string, readonly units: number, readonly indicator: string, readonly method: string }> } } | null, readonly stream: { readonly __typename: 'Stream', readonly code: string, readonly levels: ReadonlyArray<TerritoryTier>, readonly name: { readonly __typename: 'Words', readonly ja: string, readonly en: string } }, readonly productDetails: { readonly __typename: 'Product', readonly code: string, readonly storage: Storage, readonly name: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly unit: { readonly __typename: 'Words', readonly ja: string, readonly en: string } }, readonly levels: ReadonlyArray<{ readonly __typename: 'RoundLevel', readonly level: TerritoryTier, readonly dueAt: string, readonly late: boolean, readonly due: number, readonly committed: number, readonly onLate: OnLate, readonly grantedVials: number, readonly releasedVials: number, readonly inTransitVials: number, readonly receivedVials: number, readonly asOf: string, readonly states: ReadonlyArray<{ readonly __typename: 'StateCount', readonly state: PlanState | null, readonly count: number }> }> } | null };

export type BelowQueryVariables = Exact<{
  plan: string;
}>;


export type BelowQuery = { readonly __typename: 'Query', readonly plan: { readonly __typename: 'Plan', readonly planId: string, readonly unitVials: number, readonly lines: { readonly __typename: 'PlanLineConnection', readonly edges: ReadonlyArray<{ readonly __typename: 'PlanLineEdge', readonly cursor: string, readonly node: { readonly __typename: 'PlanLine', readonly recipient: string, readonly name: string, readonly computed: number, readonly units: number, readonly adjusted: boolean, readonly adjustedReason: string | null, readonly adjustedBy: string | null, readonly state: LineState, readonly flags: ReadonlyArray<string>, readonly figures: ReadonlyArray<{ readonly __typename: 'LineFigure', readonly indicator: string, readonly value: number }> } }> } } | null };

export type WhyQueryVariables = Exact<{
  plan: string;
  after?: string | null | undefined;
  below: boolean;
}>;


export type WhyQuery = { readonly __typename: 'Query', readonly plan: { readonly __typename: 'Plan', readonly planId: string, readonly lines: { readonly __typename: 'PlanLineConnection', readonly edges: ReadonlyArray<{ readonly __typename: 'PlanLineEdge', readonly node: { readonly __typename: 'PlanLine', readonly recipient: string, readonly name: string, readonly computed: number, readonly nextUnitAfter: number | null, readonly details: string, readonly explanations: ReadonlyArray<{ readonly __typename: 'Explanation', readonly component: string, readonly ja: string, readonly en: string, readonly proof: string }> } }> } } | null };

export type StocksQueryVariables = Exact<{
  code: string;
  product: string;
}>;


export type StocksQuery = { readonly __typename: 'Query', readonly territory: { readonly __typename: 'Territory', readonly code: string, readonly children: { readonly __typename: 'TerritoryConnection', readonly edges: ReadonlyArray<{ readonly __typename: 'TerritoryEdge', readonly node: { readonly __typename: 'Territory', readonly code: string, readonly stockSum: { readonly __typename: 'StockSum', readonly asOf: string, readonly sites: number, readonly availableVials: number, readonly inTransitVials: number } | null } }> } } | null };

export type SitesQueryVariables = Exact<{
  round: string;
  holder: string;
  after?: string | null | undefined;
}>;


export type SitesQuery = { readonly __typename: 'Query', readonly round: { readonly __typename: 'Round', readonly roundId: string, readonly takingSites: { readonly __typename: 'SiteConnection', readonly pageInfo: { readonly __typename: 'PageInfo', readonly hasNextPage: boolean, readonly endCursor: string | null }, readonly edges: ReadonlyArray<{ readonly __typename: 'SiteEdge', readonly node: { readonly __typename: 'Site', readonly siteId: string, readonly kind: SiteKind, readonly name: string, readonly hub: string | null, readonly wishVials: number | null, readonly grantedVials: number, readonly freezer: { readonly __typename: 'Freezer', readonly storage: Storage, readonly vials: number } | null, readonly stock: { readonly __typename: 'SiteStock', readonly asOf: string, readonly availableVials: number, readonly inTransitVials: number, readonly orderedVials: number } | null } }> } | null } | null };

export type AssignedQueryVariables = Exact<{
  round: string;
  holder: string;
}>;


export type AssignedQuery = { readonly __typename: 'Query', readonly round: { readonly __typename: 'Round', readonly roundId: string, readonly programme: string, readonly product: string, readonly number: number, readonly deliveryFrom: string, readonly deliveryTo: string, readonly pack: string, readonly packVials: number, readonly dosesPerVial: number, readonly supplyVials: number | null, readonly granted: { readonly __typename: 'Grant', readonly grantedVials: number, readonly availableVials: number, readonly reserveVials: number } | null, readonly plan: { readonly __typename: 'Plan', readonly planId: string, readonly level: TerritoryTier, readonly state: PlanState, readonly version: number, readonly supplyVials: number, readonly grantedVials: number, readonly reserveVials: number, readonly unitVials: number, readonly unit: PlanUnit, readonly computedAt: string, readonly committedAt: string | null, readonly digest: string, readonly needsObjections: boolean, readonly objectionsUntil: string | null, readonly submittedBy: string | null, readonly approvedBy: string | null, readonly training: boolean, readonly lines: { readonly __typename: 'PlanLineConnection', readonly edges: ReadonlyArray<{ readonly __typename: 'PlanLineEdge', readonly node: { readonly __typename: 'PlanLine', readonly recipient: string, readonly name: string, readonly computed: number, readonly units: number, readonly adjusted: boolean, readonly adjustedReason: string | null, readonly adjustedBy: string | null, readonly state: LineState, readonly flags: ReadonlyArray<string>, readonly figures: ReadonlyArray<{ readonly __typename: 'LineFigure', readonly indicator: string, readonly value: number }> } }> }, readonly holder: { readonly __typename: 'Territory', readonly code: string, readonly tier: TerritoryTier, readonly name: { readonly __typename: 'TerritoryName', readonly ja: string, readonly en: string | null } }, readonly rule: { readonly __typename: 'PlanRule', readonly name: string | null, readonly ofNationalRun: boolean, readonly byHand: boolean, readonly components: ReadonlyArray<{ readonly __typename: 'RuleComponent', readonly name: string, readonly units: number, readonly indicator: string, readonly method: string }> } } | null, readonly stream: { readonly __typename: 'Stream', readonly code: string, readonly levels: ReadonlyArray<TerritoryTier>, readonly name: { readonly __typename: 'Words', readonly ja: string, readonly en: string } }, readonly productDetails: { readonly __typename: 'Product', readonly code: string, readonly storage: Storage, readonly name: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly unit: { readonly __typename: 'Words', readonly ja: string, readonly en: string } }, readonly levels: ReadonlyArray<{ readonly __typename: 'RoundLevel', readonly level: TerritoryTier, readonly dueAt: string, readonly late: boolean, readonly due: number, readonly committed: number, readonly onLate: OnLate, readonly grantedVials: number, readonly releasedVials: number, readonly inTransitVials: number, readonly receivedVials: number, readonly asOf: string, readonly states: ReadonlyArray<{ readonly __typename: 'StateCount', readonly state: PlanState | null, readonly count: number }> }> } | null, readonly territory: { readonly __typename: 'Territory', readonly code: string, readonly tier: TerritoryTier, readonly name: { readonly __typename: 'TerritoryName', readonly ja: string, readonly en: string | null }, readonly parent: { readonly __typename: 'Territory', readonly code: string, readonly name: { readonly __typename: 'TerritoryName', readonly ja: string, readonly en: string | null } } | null } | null };

export type RulesQueryVariables = Exact<{ [key: string]: never; }>;


export type RulesQuery = { readonly __typename: 'Query', readonly rules: ReadonlyArray<{ readonly __typename: 'Rule', readonly name: string, readonly code: string, readonly version: number, readonly needsObjections: boolean, readonly indicators: ReadonlyArray<string>, readonly publishedAt: string, readonly title: { readonly __typename: 'Words', readonly ja: string, readonly en: string } }> };

export type MovedFragment = { readonly __typename: 'PlanMoved', readonly planId: string, readonly state: PlanState, readonly version: number, readonly supplyVials: number, readonly grantedVials: number, readonly lines: number, readonly engineMs: number | null, readonly position: string, readonly replayed: boolean };

export type StaleFragment = { readonly __typename: 'PlanStale', readonly code: string, readonly currentVersion: number | null, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly difference: ReadonlyArray<{ readonly __typename: 'LineDifference', readonly recipient: string, readonly yours: number, readonly theirs: number, readonly by: string, readonly reason: string | null }> };

export type RefusedFragment = { readonly __typename: 'PlanRefused', readonly code: string, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly errors: ReadonlyArray<{ readonly __typename: 'FieldProblem', readonly path: string, readonly code: string, readonly ja: string, readonly en: string }> };

export type OverFragment = { readonly __typename: 'OverSupply', readonly code: string, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string } };

export type ComputePlanMutationVariables = Exact<{
  input: ComputePlanInput;
}>;


export type ComputePlanMutation = { readonly __typename: 'Mutation', readonly computePlan:
    | { readonly __typename: 'PlanMoved', readonly planId: string, readonly state: PlanState, readonly version: number, readonly supplyVials: number, readonly grantedVials: number, readonly lines: number, readonly engineMs: number | null, readonly position: string, readonly replayed: boolean }
    | { readonly __typename: 'PlanStale', readonly code: string, readonly currentVersion: number | null, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly difference: ReadonlyArray<{ readonly __typename: 'LineDifference', readonly recipient: string, readonly yours: number, readonly theirs: number, readonly by: string, readonly reason: string | null }> }
    | { readonly __typename: 'OverSupply', readonly code: string, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string } }
    | { readonly __typename: 'PlanRefused', readonly code: string, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly errors: ReadonlyArray<{ readonly __typename: 'FieldProblem', readonly path: string, readonly code: string, readonly ja: string, readonly en: string }> }
   };

export type AdjustLineMutationVariables = Exact<{
  input: AdjustLineInput;
}>;


export type AdjustLineMutation = { readonly __typename: 'Mutation', readonly adjustLine:
    | { readonly __typename: 'PlanMoved', readonly planId: string, readonly state: PlanState, readonly version: number, readonly supplyVials: number, readonly grantedVials: number, readonly lines: number, readonly engineMs: number | null, readonly position: string, readonly replayed: boolean }
    | { readonly __typename: 'PlanStale', readonly code: string, readonly currentVersion: number | null, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly difference: ReadonlyArray<{ readonly __typename: 'LineDifference', readonly recipient: string, readonly yours: number, readonly theirs: number, readonly by: string, readonly reason: string | null }> }
    | { readonly __typename: 'OverSupply', readonly code: string, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string } }
    | { readonly __typename: 'PlanRefused', readonly code: string, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly errors: ReadonlyArray<{ readonly __typename: 'FieldProblem', readonly path: string, readonly code: string, readonly ja: string, readonly en: string }> }
   };

export type SubmitPlanMutationVariables = Exact<{
  input: MovePlanInput;
}>;


export type SubmitPlanMutation = { readonly __typename: 'Mutation', readonly submitPlan:
    | { readonly __typename: 'PlanMoved', readonly planId: string, readonly state: PlanState, readonly version: number, readonly supplyVials: number, readonly grantedVials: number, readonly lines: number, readonly engineMs: number | null, readonly position: string, readonly replayed: boolean }
    | { readonly __typename: 'PlanStale', readonly code: string, readonly currentVersion: number | null, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly difference: ReadonlyArray<{ readonly __typename: 'LineDifference', readonly recipient: string, readonly yours: number, readonly theirs: number, readonly by: string, readonly reason: string | null }> }
    | { readonly __typename: 'OverSupply', readonly code: string, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string } }
    | { readonly __typename: 'PlanRefused', readonly code: string, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly errors: ReadonlyArray<{ readonly __typename: 'FieldProblem', readonly path: string, readonly code: string, readonly ja: string, readonly en: string }> }
   };

export type TakeBackPlanMutationVariables = Exact<{
  input: TakeBackPlanInput;
}>;


export type TakeBackPlanMutation = { readonly __typename: 'Mutation', readonly takeBackPlan:
    | { readonly __typename: 'PlanMoved', readonly planId: string, readonly state: PlanState, readonly version: number, readonly supplyVials: number, readonly grantedVials: number, readonly lines: number, readonly engineMs: number | null, readonly position: string, readonly replayed: boolean }
    | { readonly __typename: 'PlanStale', readonly code: string, readonly currentVersion: number | null, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly difference: ReadonlyArray<{ readonly __typename: 'LineDifference', readonly recipient: string, readonly yours: number, readonly theirs: number, readonly by: string, readonly reason: string | null }> }
    | { readonly __typename: 'OverSupply', readonly code: string, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string } }
    | { readonly __typename: 'PlanRefused', readonly code: string, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly errors: ReadonlyArray<{ readonly __typename: 'FieldProblem', readonly path: string, readonly code: string, readonly ja: string, readonly en: string }> }
   };

export type ApprovePlanMutationVariables = Exact<{
  input: MovePlanInput;
}>;


export type ApprovePlanMutation = { readonly __typename: 'Mutation', readonly approvePlan:
    | { readonly __typename: 'PlanMoved', readonly planId: string, readonly state: PlanState, readonly version: number, readonly supplyVials: number, readonly grantedVials: number, readonly lines: number, readonly engineMs: number | null, readonly position: string, readonly replayed: boolean }
    | { readonly __typename: 'PlanStale', readonly code: string, readonly currentVersion: number | null, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly difference: ReadonlyArray<{ readonly __typename: 'LineDifference', readonly recipient: string, readonly yours: number, readonly theirs: number, readonly by: string, readonly reason: string | null }> }
    | { readonly __typename: 'OverSupply', readonly code: string, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string } }
    | { readonly __typename: 'PlanRefused', readonly code: string, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly errors: ReadonlyArray<{ readonly __typename: 'FieldProblem', readonly path: string, readonly code: string, readonly ja: string, readonly en: string }> }
   };

export type CommitPlanMutationVariables = Exact<{
  input: MovePlanInput;
}>;


export type CommitPlanMutation = { readonly __typename: 'Mutation', readonly commitPlan:
    | { readonly __typename: 'PlanMoved', readonly planId: string, readonly state: PlanState, readonly version: number, readonly supplyVials: number, readonly grantedVials: number, readonly lines: number, readonly engineMs: number | null, readonly position: string, readonly replayed: boolean }
    | { readonly __typename: 'PlanStale', readonly code: string, readonly currentVersion: number | null, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly difference: ReadonlyArray<{ readonly __typename: 'LineDifference', readonly recipient: string, readonly yours: number, readonly theirs: number, readonly by: string, readonly reason: string | null }> }
    | { readonly __typename: 'OverSupply', readonly code: string, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string } }
    | { readonly __typename: 'PlanRefused', readonly code: string, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly errors: ReadonlyArray<{ readonly __typename: 'FieldProblem', readonly path: string, readonly code: string, readonly ja: string, readonly en: string }> }
   };

export type AssignToSitesMutationVariables = Exact<{
  input: AssignToSitesInput;
}>;


export type AssignToSitesMutation = { readonly __typename: 'Mutation', readonly assignToSites:
    | { readonly __typename: 'PlanMoved', readonly planId: string, readonly state: PlanState, readonly version: number, readonly supplyVials: number, readonly grantedVials: number, readonly lines: number, readonly engineMs: number | null, readonly position: string, readonly replayed: boolean }
    | { readonly __typename: 'PlanStale', readonly code: string, readonly currentVersion: number | null, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly difference: ReadonlyArray<{ readonly __typename: 'LineDifference', readonly recipient: string, readonly yours: number, readonly theirs: number, readonly by: string, readonly reason: string | null }> }
    | { readonly __typename: 'OverSupply', readonly code: string, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string } }
    | { readonly __typename: 'PlanRefused', readonly code: string, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly errors: ReadonlyArray<{ readonly __typename: 'FieldProblem', readonly path: string, readonly code: string, readonly ja: string, readonly en: string }> }
   };

export type AnswerObjectionMutationVariables = Exact<{
  input: AnswerObjectionInput;
}>;


export type AnswerObjectionMutation = { readonly __typename: 'Mutation', readonly answerObjection:
    | { readonly __typename: 'ObjectionAnswered', readonly objectionId: string, readonly open: number, readonly position: string, readonly replayed: boolean }
    | { readonly __typename: 'ObjectionRefused', readonly code: string, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly errors: ReadonlyArray<{ readonly __typename: 'FieldProblem', readonly path: string, readonly code: string, readonly ja: string, readonly en: string }> }
   };

export type ReleaseLinesMutationVariables = Exact<{
  input: ReleaseLinesInput;
}>;


export type ReleaseLinesMutation = { readonly __typename: 'Mutation', readonly releaseLines:
    | { readonly __typename: 'LinesReleased', readonly releaseId: string, readonly hub: string, readonly vials: number, readonly boxes: number, readonly lines: number, readonly position: string, readonly replayed: boolean }
    | { readonly __typename: 'ReleaseRefused', readonly code: string, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly errors: ReadonlyArray<{ readonly __typename: 'FieldProblem', readonly path: string, readonly code: string, readonly ja: string, readonly en: string }> }
   };

export type RunWhatIfMutationVariables = Exact<{
  input: RunWhatIfInput;
}>;


export type RunWhatIfMutation = { readonly __typename: 'Mutation', readonly runWhatIf:
    | { readonly __typename: 'WhatIfDone', readonly whatIfId: string, readonly position: string, readonly replayed: boolean, readonly watermark: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly whatIf: { readonly __typename: 'WhatIf', readonly whatIfId: string, readonly supplyBoxes: number, readonly packVials: number, readonly runs: ReadonlyArray<{ readonly __typename: 'WhatIfRun', readonly code: string, readonly version: number, readonly givenBoxes: number, readonly reserveBoxes: number, readonly title: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly fairness: { readonly __typename: 'Fairness', readonly giniPpm: number | null, readonly jainPpm: number | null, readonly coverageRatioPpm: number | null } }>, readonly places: { readonly __typename: 'WhatIfPlaceConnection', readonly edges: ReadonlyArray<{ readonly __typename: 'WhatIfPlaceEdge', readonly node: { readonly __typename: 'WhatIfPlace', readonly place: string, readonly name: string, readonly boxes: ReadonlyArray<number>, readonly difference: ReadonlyArray<number>, readonly inForce: number | null, readonly differenceInForce: ReadonlyArray<number> } }> } } | null }
    | { readonly __typename: 'WhatIfRefused', readonly code: string, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly errors: ReadonlyArray<{ readonly __typename: 'FieldProblem', readonly path: string, readonly code: string, readonly ja: string, readonly en: string }> }
   };

export type PictureFragment = { readonly __typename: 'Capacity', readonly day: string, readonly provisional: boolean, readonly training: boolean, readonly dueAt: string, readonly coverage: { readonly __typename: 'Coverage', readonly due: number, readonly reported: number, readonly carried: number, readonly missing: number, readonly permille: number | null }, readonly asOf: { readonly __typename: 'AsOf', readonly oldest: string | null, readonly newest: string | null }, readonly figures: ReadonlyArray<{ readonly __typename: 'Figure', readonly sum: number | null, readonly answered: number }> };

export type SmallFragment = { readonly __typename: 'Capacity', readonly coverage: { readonly __typename: 'Coverage', readonly due: number, readonly reported: number, readonly permille: number | null }, readonly figures: ReadonlyArray<{ readonly __typename: 'Figure', readonly sum: number | null, readonly answered: number }> };

export type OverviewQueryVariables = Exact<{
  code: string;
  day: string;
  before: string;
  week: string;
  items: ReadonlyArray<string> | string;
}>;


export type OverviewQuery = { readonly __typename: 'Query', readonly territory: { readonly __typename: 'Territory', readonly code: string, readonly tier: TerritoryTier, readonly kind: TerritoryKind, readonly name: { readonly __typename: 'TerritoryName', readonly ja: string, readonly en: string | null }, readonly parent: { readonly __typename: 'Territory', readonly code: string, readonly name: { readonly __typename: 'TerritoryName', readonly ja: string, readonly en: string | null } } | null, readonly capacity: { readonly __typename: 'Capacity', readonly day: string, readonly provisional: boolean, readonly training: boolean, readonly dueAt: string, readonly coverage: { readonly __typename: 'Coverage', readonly due: number, readonly reported: number, readonly carried: number, readonly missing: number, readonly permille: number | null }, readonly asOf: { readonly __typename: 'AsOf', readonly oldest: string | null, readonly newest: string | null }, readonly figures: ReadonlyArray<{ readonly __typename: 'Figure', readonly sum: number | null, readonly answered: number }> } | null, readonly before: { readonly __typename: 'Capacity', readonly coverage: { readonly __typename: 'Coverage', readonly due: number, readonly reported: number, readonly permille: number | null }, readonly figures: ReadonlyArray<{ readonly __typename: 'Figure', readonly sum: number | null, readonly answered: number }> } | null, readonly week: { readonly __typename: 'Capacity', readonly coverage: { readonly __typename: 'Coverage', readonly due: number, readonly reported: number, readonly permille: number | null }, readonly figures: ReadonlyArray<{ readonly __typename: 'Figure', readonly sum: number | null, readonly answered: number }> } | null, readonly children: { readonly __typename: 'TerritoryConnection', readonly totalCount: number, readonly edges: ReadonlyArray<{ readonly __typename: 'TerritoryEdge', readonly node: { readonly __typename: 'Territory', readonly code: string, readonly tier: TerritoryTier, readonly name: { readonly __typename: 'TerritoryName', readonly ja: string, readonly en: string | null, readonly kana: string }, readonly capacity: { readonly __typename: 'Capacity', readonly coverage: { readonly __typename: 'Coverage', readonly due: number, readonly reported: number, readonly permille: number | null }, readonly figures: ReadonlyArray<{ readonly __typename: 'Figure', readonly sum: number | null, readonly answered: number }> } | null } }> } } | null };

export type PublicQueryVariables = Exact<{
  code: string;
  day: string;
  items: ReadonlyArray<string> | string;
}>;


export type PublicQuery = { readonly __typename: 'Query', readonly territory: { readonly __typename: 'Territory', readonly code: string, readonly tier: TerritoryTier, readonly name: { readonly __typename: 'TerritoryName', readonly ja: string, readonly en: string | null }, readonly capacity: { readonly __typename: 'Capacity', readonly day: string, readonly provisional: boolean, readonly training: boolean, readonly dueAt: string, readonly coverage: { readonly __typename: 'Coverage', readonly due: number, readonly reported: number, readonly carried: number, readonly missing: number, readonly permille: number | null }, readonly asOf: { readonly __typename: 'AsOf', readonly oldest: string | null, readonly newest: string | null }, readonly figures: ReadonlyArray<{ readonly __typename: 'Figure', readonly sum: number | null, readonly answered: number }> } | null, readonly children: { readonly __typename: 'TerritoryConnection', readonly edges: ReadonlyArray<{ readonly __typename: 'TerritoryEdge', readonly node: { readonly __typename: 'Territory', readonly code: string, readonly tier: TerritoryTier, readonly name: { readonly __typename: 'TerritoryName', readonly ja: string, readonly en: string | null, readonly kana: string }, readonly capacity: { readonly __typename: 'Capacity', readonly coverage: { readonly __typename: 'Coverage', readonly due: number, readonly reported: number, readonly permille: number | null }, readonly figures: ReadonlyArray<{ readonly __typename: 'Figure', readonly sum: number | null, readonly answered: number }> } | null } }> } } | null };

export type ClockQueryVariables = Exact<{ [key: string]: never; }>;


export type ClockQuery = { readonly __typename: 'Query', readonly clock: { readonly __typename: 'Clock', readonly now: string, readonly businessDay: string, readonly training: boolean } };

export type PointFragment = { readonly __typename: 'Capacity', readonly day: string, readonly provisional: boolean, readonly coverage: { readonly __typename: 'Coverage', readonly due: number, readonly reported: number, readonly permille: number | null }, readonly figures: ReadonlyArray<{ readonly __typename: 'Figure', readonly sum: number | null, readonly answered: number }> };

export type TrendQueryVariables = Exact<{
  code: string;
  items: ReadonlyArray<string> | string;
  d0: string;
  d1: string;
  d2: string;
  d3: string;
  d4: string;
  d5: string;
  d6: string;
  d7: string;
  d8: string;
  d9: string;
  d10: string;
  d11: string;
  d12: string;
  d13: string;
}>;


export type TrendQuery = { readonly __typename: 'Query', readonly territory: { readonly __typename: 'Territory', readonly d0: { readonly __typename: 'Capacity', readonly day: string, readonly provisional: boolean, readonly coverage: { readonly __typename: 'Coverage', readonly due: number, readonly reported: number, readonly permille: number | null }, readonly figures: ReadonlyArray<{ readonly __typename: 'Figure', readonly sum: number | null, readonly answered: number }> } | null, readonly d1: { readonly __typename: 'Capacity', readonly day: string, readonly provisional: boolean, readonly coverage: { readonly __typename: 'Coverage', readonly due: number, readonly reported: number, readonly permille: number | null }, readonly figures: ReadonlyArray<{ readonly __typename: 'Figure', readonly sum: number | null, readonly answered: number }> } | null, readonly d2: { readonly __typename: 'Capacity', readonly day: string, readonly provisional: boolean, readonly coverage: { readonly __typename: 'Coverage', readonly due: number, readonly reported: number, readonly permille: number | null }, readonly figures: ReadonlyArray<{ readonly __typename: 'Figure', readonly sum: number | null, readonly answered: number }> } | null, readonly d3: { readonly __typename: 'Capacity', readonly day: string, readonly provisional: boolean, readonly coverage: { readonly __typename: 'Coverage', readonly due: number, readonly reported: number, readonly permille: number | null }, readonly figures: ReadonlyArray<{ readonly __typename: 'Figure', readonly sum: number | null, readonly answered: number }> } | null, readonly d4: { readonly __typename: 'Capacity', readonly day: string, readonly provisional: boolean, readonly coverage: { readonly __typename: 'Coverage', readonly due: number, readonly reported: number, readonly permille: number | null }, readonly figures: ReadonlyArray<{ readonly __typename: 'Figure', readonly sum: number | null, readonly answered: number }> } | null, readonly d5: { readonly __typename: 'Capacity', readonly day: string, readonly provisional: boolean, readonly coverage: { readonly __typename: 'Coverage', readonly due: number, readonly reported: number, readonly permille: number | null }, readonly figures: ReadonlyArray<{ readonly __typename: 'Figure', readonly sum: number | null, readonly answered: number }> } | null, readonly d6: { readonly __typename: 'Capacity', readonly day: string, readonly provisional: boolean, readonly coverage: { readonly __typename: 'Coverage', readonly due: number, readonly reported: number, readonly permille: number | null }, readonly figures: ReadonlyArray<{ readonly __typename: 'Figure', readonly sum: number | null, readonly answered: number }> } | null, readonly d7: { readonly __typename: 'Capacity', readonly day: string, readonly provisional: boolean, readonly coverage: { readonly __typename: 'Coverage', readonly due: number, readonly reported: number, readonly permille: number | null }, readonly figures: ReadonlyArray<{ readonly __typename: 'Figure', readonly sum: number | null, readonly answered: number }> } | null, readonly d8: { readonly __typename: 'Capacity', readonly day: string, readonly provisional: boolean, readonly coverage: { readonly __typename: 'Coverage', readonly due: number, readonly reported: number, readonly permille: number | null }, readonly figures: ReadonlyArray<{ readonly __typename: 'Figure', readonly sum: number | null, readonly answered: number }> } | null, readonly d9: { readonly __typename: 'Capacity', readonly day: string, readonly provisional: boolean, readonly coverage: { readonly __typename: 'Coverage', readonly due: number, readonly reported: number, readonly permille: number | null }, readonly figures: ReadonlyArray<{ readonly __typename: 'Figure', readonly sum: number | null, readonly answered: number }> } | null, readonly d10: { readonly __typename: 'Capacity', readonly day: string, readonly provisional: boolean, readonly coverage: { readonly __typename: 'Coverage', readonly due: number, readonly reported: number, readonly permille: number | null }, readonly figures: ReadonlyArray<{ readonly __typename: 'Figure', readonly sum: number | null, readonly answered: number }> } | null, readonly d11: { readonly __typename: 'Capacity', readonly day: string, readonly provisional: boolean, readonly coverage: { readonly __typename: 'Coverage', readonly due: number, readonly reported: number, readonly permille: number | null }, readonly figures: ReadonlyArray<{ readonly __typename: 'Figure', readonly sum: number | null, readonly answered: number }> } | null, readonly d12: { readonly __typename: 'Capacity', readonly day: string, readonly provisional: boolean, readonly coverage: { readonly __typename: 'Coverage', readonly due: number, readonly reported: number, readonly permille: number | null }, readonly figures: ReadonlyArray<{ readonly __typename: 'Figure', readonly sum: number | null, readonly answered: number }> } | null, readonly d13: { readonly __typename: 'Capacity', readonly day: string, readonly provisional: boolean, readonly coverage: { readonly __typename: 'Coverage', readonly due: number, readonly reported: number, readonly permille: number | null }, readonly figures: ReadonlyArray<{ readonly __typename: 'Figure', readonly sum: number | null, readonly answered: number }> } | null } | null };

export type FacilitiesQueryVariables = Exact<{
  code: string;
  day: string;
  after?: string | null | undefined;
}>;


export type FacilitiesQuery = { readonly __typename: 'Query', readonly territory: { readonly __typename: 'Territory', readonly code: string, readonly tier: TerritoryTier, readonly name: { readonly __typename: 'TerritoryName', readonly ja: string, readonly en: string | null }, readonly parent: { readonly __typename: 'Territory', readonly code: string, readonly name: { readonly __typename: 'TerritoryName', readonly ja: string, readonly en: string | null } } | null, readonly capacity: { readonly __typename: 'Capacity', readonly dueAt: string, readonly coverage: { readonly __typename: 'Coverage', readonly due: number, readonly reported: number, readonly carried: number, readonly missing: number, readonly permille: number | null } } | null, readonly facilities: { readonly __typename: 'FacilityConnection', readonly pageInfo: { readonly __typename: 'PageInfo', readonly hasNextPage: boolean, readonly endCursor: string | null }, readonly edges: ReadonlyArray<{ readonly __typename: 'FacilityEdge', readonly node: { readonly __typename: 'Facility', readonly facilityId: string, readonly name: string, readonly kind: FacilityKind, readonly report: { readonly __typename: 'Report', readonly revision: number, readonly asOf: string, readonly submittedAt: string } | null, readonly latestReport: { readonly __typename: 'Report', readonly businessDay: string, readonly asOf: string } | null } }> } } | null };

export type BedsQueryVariables = Exact<{
  code: string;
  after?: string | null | undefined;
}>;


export type BedsQuery = { readonly __typename: 'Query', readonly territory: { readonly __typename: 'Territory', readonly facilities: { readonly __typename: 'FacilityConnection', readonly pageInfo: { readonly __typename: 'PageInfo', readonly hasNextPage: boolean, readonly endCursor: string | null }, readonly edges: ReadonlyArray<{ readonly __typename: 'FacilityEdge', readonly node: { readonly __typename: 'Facility', readonly facilityId: string, readonly name: string, readonly kind: FacilityKind, readonly latestReport: { readonly __typename: 'Report', readonly businessDay: string, readonly asOf: string, readonly submittedAt: string, readonly provisional: boolean, readonly answers: ReadonlyArray<{ readonly __typename: 'ReportAnswer', readonly count: number | null, readonly choice: string | null, readonly notApplicable: boolean, readonly item: { readonly __typename: 'FormItem', readonly code: string } }> } | null } }> } } | null };

export type FacilityQueryVariables = Exact<{
  key: string;
  day: string;
}>;


export type FacilityQuery = { readonly __typename: 'Query', readonly facility: { readonly __typename: 'Facility', readonly facilityId: string, readonly code: string | null, readonly gmisId: string | null, readonly name: string, readonly kind: FacilityKind, readonly address: string, readonly synthetic: boolean, readonly municipality: { readonly __typename: 'Territory', readonly code: string, readonly name: { readonly __typename: 'TerritoryName', readonly ja: string, readonly en: string | null }, readonly parent: { readonly __typename: 'Territory', readonly code: string, readonly name: { readonly __typename: 'TerritoryName', readonly ja: string, readonly en: string | null } } | null }, readonly report: { readonly __typename: 'Report', readonly id: string, readonly form: string, readonly formVersion: number, readonly businessDay: string, readonly revision: number, readonly asOf: string, readonly submittedAt: string, readonly submittedBy: string, readonly source: string, readonly reason: string | null, readonly provisional: boolean, readonly training: boolean, readonly answers: ReadonlyArray<{ readonly __typename: 'ReportAnswer', readonly count: number | null, readonly choice: string | null, readonly notApplicable: boolean, readonly item: { readonly __typename: 'FormItem', readonly code: string, readonly kind: ItemKind, readonly unit: string, readonly moment: string, readonly max: number | null, readonly choices: ReadonlyArray<string> | null, readonly label: { readonly __typename: 'Words', readonly ja: string, readonly en: string } } }>, readonly warnings: ReadonlyArray<{ readonly __typename: 'FieldProblem', readonly path: string, readonly code: string, readonly ja: string, readonly en: string }> } | null, readonly latestReport: { readonly __typename: 'Report', readonly id: string, readonly form: string, readonly formVersion: number, readonly businessDay: string, readonly revision: number, readonly asOf: string, readonly submittedAt: string, readonly submittedBy: string, readonly source: string, readonly reason: string | null, readonly provisional: boolean, readonly training: boolean, readonly answers: ReadonlyArray<{ readonly __typename: 'ReportAnswer', readonly count: number | null, readonly choice: string | null, readonly notApplicable: boolean, readonly item: { readonly __typename: 'FormItem', readonly code: string, readonly kind: ItemKind, readonly unit: string, readonly moment: string, readonly max: number | null, readonly choices: ReadonlyArray<string> | null, readonly label: { readonly __typename: 'Words', readonly ja: string, readonly en: string } } }>, readonly warnings: ReadonlyArray<{ readonly __typename: 'FieldProblem', readonly path: string, readonly code: string, readonly ja: string, readonly en: string }> } | null } | null };

export type RevisionFragment = { readonly __typename: 'Report', readonly id: string, readonly form: string, readonly formVersion: number, readonly businessDay: string, readonly revision: number, readonly asOf: string, readonly submittedAt: string, readonly submittedBy: string, readonly source: string, readonly reason: string | null, readonly provisional: boolean, readonly training: boolean, readonly answers: ReadonlyArray<{ readonly __typename: 'ReportAnswer', readonly count: number | null, readonly choice: string | null, readonly notApplicable: boolean, readonly item: { readonly __typename: 'FormItem', readonly code: string, readonly kind: ItemKind, readonly unit: string, readonly moment: string, readonly max: number | null, readonly choices: ReadonlyArray<string> | null, readonly label: { readonly __typename: 'Words', readonly ja: string, readonly en: string } } }>, readonly warnings: ReadonlyArray<{ readonly __typename: 'FieldProblem', readonly path: string, readonly code: string, readonly ja: string, readonly en: string }> };

export type ReportFormQueryVariables = Exact<{
  key: string;
  day: string;
  past: boolean;
}>;


export type ReportFormQuery = { readonly __typename: 'Query', readonly form: { readonly __typename: 'Form', readonly code: string, readonly due: string, readonly correctionDays: number, readonly items: ReadonlyArray<{ readonly __typename: 'FormItem', readonly code: string, readonly kind: ItemKind, readonly unit: string, readonly moment: string, readonly max: number | null, readonly choices: ReadonlyArray<string> | null, readonly label: { readonly __typename: 'Words', readonly ja: string, readonly en: string } }> } | null, readonly facility: { readonly __typename: 'Facility', readonly facilityId: string, readonly name: string, readonly report?: { readonly __typename: 'Report', readonly businessDay: string, readonly revision: number, readonly submittedAt: string, readonly answers: ReadonlyArray<{ readonly __typename: 'ReportAnswer', readonly count: number | null, readonly choice: string | null, readonly notApplicable: boolean, readonly item: { readonly __typename: 'FormItem', readonly code: string } }> } | null, readonly latestReport: { readonly __typename: 'Report', readonly businessDay: string, readonly revision: number, readonly submittedAt: string, readonly answers: ReadonlyArray<{ readonly __typename: 'ReportAnswer', readonly count: number | null, readonly choice: string | null, readonly notApplicable: boolean, readonly item: { readonly __typename: 'FormItem', readonly code: string } }> } | null } | null };

export type FilledFragment = { readonly __typename: 'Report', readonly businessDay: string, readonly revision: number, readonly submittedAt: string, readonly answers: ReadonlyArray<{ readonly __typename: 'ReportAnswer', readonly count: number | null, readonly choice: string | null, readonly notApplicable: boolean, readonly item: { readonly __typename: 'FormItem', readonly code: string } }> };

export type MonthQueryVariables = Exact<{
  key: string;
  d0: string;
  d1: string;
  d2: string;
  d3: string;
  d4: string;
  d5: string;
  d6: string;
  d7: string;
  d8: string;
  d9: string;
  d10: string;
  d11: string;
  d12: string;
  d13: string;
}>;


export type MonthQuery = { readonly __typename: 'Query', readonly facility: { readonly __typename: 'Facility', readonly facilityId: string, readonly name: string, readonly d0: { readonly __typename: 'Report', readonly id: string, readonly businessDay: string, readonly revision: number, readonly submittedAt: string, readonly submittedBy: string, readonly reason: string | null, readonly provisional: boolean } | null, readonly d1: { readonly __typename: 'Report', readonly id: string, readonly businessDay: string, readonly revision: number, readonly submittedAt: string, readonly submittedBy: string, readonly reason: string | null, readonly provisional: boolean } | null, readonly d2: { readonly __typename: 'Report', readonly id: string, readonly businessDay: string, readonly revision: number, readonly submittedAt: string, readonly submittedBy: string, readonly reason: string | null, readonly provisional: boolean } | null, readonly d3: { readonly __typename: 'Report', readonly id: string, readonly businessDay: string, readonly revision: number, readonly submittedAt: string, readonly submittedBy: string, readonly reason: string | null, readonly provisional: boolean } | null, readonly d4: { readonly __typename: 'Report', readonly id: string, readonly businessDay: string, readonly revision: number, readonly submittedAt: string, readonly submittedBy: string, readonly reason: string | null, readonly provisional: boolean } | null, readonly d5: { readonly __typename: 'Report', readonly id: string, readonly businessDay: string, readonly revision: number, readonly submittedAt: string, readonly submittedBy: string, readonly reason: string | null, readonly provisional: boolean } | null, readonly d6: { readonly __typename: 'Report', readonly id: string, readonly businessDay: string, readonly revision: number, readonly submittedAt: string, readonly submittedBy: string, readonly reason: string | null, readonly provisional: boolean } | null, readonly d7: { readonly __typename: 'Report', readonly id: string, readonly businessDay: string, readonly revision: number, readonly submittedAt: string, readonly submittedBy: string, readonly reason: string | null, readonly provisional: boolean } | null, readonly d8: { readonly __typename: 'Report', readonly id: string, readonly businessDay: string, readonly revision: number, readonly submittedAt: string, readonly submittedBy: string, readonly reason: string | null, readonly provisional: boolean } | null, readonly d9: { readonly __typename: 'Report', readonly id: string, readonly businessDay: string, readonly revision: number, readonly submittedAt: string, readonly submittedBy: string, readonly reason: string | null, readonly provisional: boolean } | null, readonly d10: { readonly __typename: 'Report', readonly id: string, readonly businessDay: string, readonly revision: number, readonly submittedAt: string, readonly submittedBy: string, readonly reason: string | null, readonly provisional: boolean } | null, readonly d11: { readonly __typename: 'Report', readonly id: string, readonly businessDay: string, readonly revision: number, readonly submittedAt: string, readonly submittedBy: string, readonly reason: string | null, readonly provisional: boolean } | null, readonly d12: { readonly __typename: 'Report', readonly id: string, readonly businessDay: string, readonly revision: number, readonly submittedAt: string, readonly submittedBy: string, readonly reason: string | null, readonly provisional: boolean } | null, readonly d13: { readonly __typename: 'Report', readonly id: string, readonly businessDay: string, readonly revision: number, readonly submittedAt: string, readonly submittedBy: string, readonly reason: string | null, readonly provisional: boolean } | null } | null };

export type StampFragment = { readonly __typename: 'Report', readonly id: string, readonly businessDay: string, readonly revision: number, readonly submittedAt: string, readonly submittedBy: string, readonly reason: string | null, readonly provisional: boolean };

export type FormItemsQueryVariables = Exact<{
  code: string;
}>;


export type FormItemsQuery = { readonly __typename: 'Query', readonly form: { readonly __typename: 'Form', readonly code: string, readonly version: number, readonly due: string, readonly correctionDays: number, readonly title: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly items: ReadonlyArray<{ readonly __typename: 'FormItem', readonly code: string, readonly kind: ItemKind, readonly unit: string, readonly moment: string, readonly max: number | null, readonly choices: ReadonlyArray<string> | null, readonly label: { readonly __typename: 'Words', readonly ja: string, readonly en: string } }> } | null };

export type IndicatorsQueryVariables = Exact<{ [key: string]: never; }>;


export type IndicatorsQuery = { readonly __typename: 'Query', readonly indicators: ReadonlyArray<{ readonly __typename: 'Indicator', readonly code: string, readonly unit: string, readonly kind: string, readonly source: string, readonly municipalities: number, readonly prefectures: number, readonly oldest: string | null, readonly newest: string | null, readonly name: { readonly __typename: 'Words', readonly ja: string, readonly en: string } }> };

export type SubmitReportMutationVariables = Exact<{
  input: SubmitReportInput;
}>;


export type SubmitReportMutation = { readonly __typename: 'Mutation', readonly submitReport:
    | { readonly __typename: 'ReportAccepted', readonly id: string, readonly facilityId: string, readonly businessDay: string, readonly revision: number, readonly asOf: string, readonly submittedAt: string, readonly provisional: boolean, readonly position: string, readonly replayed: boolean, readonly warnings: ReadonlyArray<{ readonly __typename: 'FieldProblem', readonly path: string, readonly code: string, readonly ja: string, readonly en: string }> }
    | { readonly __typename: 'ReportRejected', readonly code: string, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly errors: ReadonlyArray<{ readonly __typename: 'FieldProblem', readonly path: string, readonly code: string, readonly ja: string, readonly en: string }> }
    | { readonly __typename: 'ReportStale', readonly code: string, readonly currentRevision: number | null, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string } }
    | { readonly __typename: 'ReportRefused', readonly code: string, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string } }
   };

export type CardFragment = { readonly __typename: 'Shipment', readonly shipmentId: string, readonly state: ShipmentState, readonly version: number, readonly roundNumber: number, readonly vials: number, readonly boxes: number, readonly packVials: number, readonly storage: Storage, readonly nextAnswer: number, readonly overdue: boolean, readonly training: boolean, readonly deliveryOn: string | null, readonly deliveryHours: string | null, readonly orderedAt: string, readonly dispatchedAt: string | null, readonly deliveredAt: string | null, readonly receivedAt: string | null, readonly productDetails: { readonly __typename: 'Product', readonly code: string, readonly name: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly unit: { readonly __typename: 'Words', readonly ja: string, readonly en: string } }, readonly window: { readonly __typename: 'DayWindow', readonly from: string, readonly to: string }, readonly branch: { readonly __typename: 'Branch', readonly code: string, readonly name: { readonly __typename: 'Words', readonly ja: string, readonly en: string } } | null, readonly to: { readonly __typename: 'Destination', readonly siteId: string, readonly name: string, readonly address: string | null, readonly facilityId: string | null, readonly municipality: { readonly __typename: 'Territory', readonly code: string, readonly name: { readonly __typename: 'TerritoryName', readonly ja: string, readonly en: string | null } } } };

export type DeliveriesQueryVariables = Exact<{
  branch?: string | null | undefined;
  state?: ReadonlyArray<ShipmentState> | ShipmentState | null | undefined;
  after?: string | null | undefined;
}>;


export type DeliveriesQuery = { readonly __typename: 'Query', readonly shipments: { readonly __typename: 'ShipmentConnection', readonly pageInfo: { readonly __typename: 'PageInfo', readonly hasNextPage: boolean, readonly endCursor: string | null }, readonly edges: ReadonlyArray<{ readonly __typename: 'ShipmentEdge', readonly node: { readonly __typename: 'Shipment', readonly shipmentId: string, readonly state: ShipmentState, readonly version: number, readonly roundNumber: number, readonly vials: number, readonly boxes: number, readonly packVials: number, readonly storage: Storage, readonly nextAnswer: number, readonly overdue: boolean, readonly training: boolean, readonly deliveryOn: string | null, readonly deliveryHours: string | null, readonly orderedAt: string, readonly dispatchedAt: string | null, readonly deliveredAt: string | null, readonly receivedAt: string | null, readonly productDetails: { readonly __typename: 'Product', readonly code: string, readonly name: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly unit: { readonly __typename: 'Words', readonly ja: string, readonly en: string } }, readonly window: { readonly __typename: 'DayWindow', readonly from: string, readonly to: string }, readonly branch: { readonly __typename: 'Branch', readonly code: string, readonly name: { readonly __typename: 'Words', readonly ja: string, readonly en: string } } | null, readonly to: { readonly __typename: 'Destination', readonly siteId: string, readonly name: string, readonly address: string | null, readonly facilityId: string | null, readonly municipality: { readonly __typename: 'Territory', readonly code: string, readonly name: { readonly __typename: 'TerritoryName', readonly ja: string, readonly en: string | null } } } } }> } };

export type CompanyQueryVariables = Exact<{
  code: string;
}>;


export type CompanyQuery = { readonly __typename: 'Query', readonly wholesaler: { readonly __typename: 'Wholesaler', readonly code: string, readonly name: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly branches: ReadonlyArray<{ readonly __typename: 'Branch', readonly code: string, readonly name: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly shipmentCounts: { readonly __typename: 'ShipmentCounts', readonly asOf: string, readonly states: ReadonlyArray<{ readonly __typename: 'ShipmentCount', readonly state: ShipmentState, readonly shipments: number, readonly vials: number }> } }> } | null };

export type IncomingQueryVariables = Exact<{
  territory?: string | null | undefined;
  facility?: string | null | undefined;
  after?: string | null | undefined;
}>;


export type IncomingQuery = { readonly __typename: 'Query', readonly shipments: { readonly __typename: 'ShipmentConnection', readonly pageInfo: { readonly __typename: 'PageInfo', readonly hasNextPage: boolean, readonly endCursor: string | null }, readonly edges: ReadonlyArray<{ readonly __typename: 'ShipmentEdge', readonly node: { readonly __typename: 'Shipment', readonly shipmentId: string, readonly state: ShipmentState, readonly version: number, readonly roundNumber: number, readonly vials: number, readonly boxes: number, readonly packVials: number, readonly storage: Storage, readonly nextAnswer: number, readonly overdue: boolean, readonly training: boolean, readonly deliveryOn: string | null, readonly deliveryHours: string | null, readonly orderedAt: string, readonly dispatchedAt: string | null, readonly deliveredAt: string | null, readonly receivedAt: string | null, readonly productDetails: { readonly __typename: 'Product', readonly code: string, readonly name: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly unit: { readonly __typename: 'Words', readonly ja: string, readonly en: string } }, readonly window: { readonly __typename: 'DayWindow', readonly from: string, readonly to: string }, readonly branch: { readonly __typename: 'Branch', readonly code: string, readonly name: { readonly __typename: 'Words', readonly ja: string, readonly en: string } } | null, readonly to: { readonly __typename: 'Destination', readonly siteId: string, readonly name: string, readonly address: string | null, readonly facilityId: string | null, readonly municipality: { readonly __typename: 'Territory', readonly code: string, readonly name: { readonly __typename: 'TerritoryName', readonly ja: string, readonly en: string | null } } } } }> } };

export type ShipmentQueryVariables = Exact<{
  id: string;
}>;


export type ShipmentQuery = { readonly __typename: 'Query', readonly shipment: { readonly __typename: 'Shipment', readonly shipmentId: string, readonly state: ShipmentState, readonly version: number, readonly roundNumber: number, readonly vials: number, readonly boxes: number, readonly packVials: number, readonly storage: Storage, readonly nextAnswer: number, readonly overdue: boolean, readonly training: boolean, readonly deliveryOn: string | null, readonly deliveryHours: string | null, readonly orderedAt: string, readonly dispatchedAt: string | null, readonly deliveredAt: string | null, readonly receivedAt: string | null, readonly goods: ReadonlyArray<{ readonly __typename: 'GoodsPieces', readonly goods: string, readonly pieces: number, readonly name: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly unit: { readonly __typename: 'Words', readonly ja: string, readonly en: string } }>, readonly lotsProposed: ReadonlyArray<{ readonly __typename: 'ShipmentLot', readonly vials: number, readonly lot: { readonly __typename: 'Lot', readonly number: string, readonly expiry: string, readonly recalled: boolean } }>, readonly lotsPicked: ReadonlyArray<{ readonly __typename: 'ShipmentLot', readonly vials: number, readonly lot: { readonly __typename: 'Lot', readonly number: string, readonly expiry: string, readonly recalled: boolean } }>, readonly splits: ReadonlyArray<{ readonly __typename: 'Split', readonly siteId: string, readonly name: string, readonly vials: number }>, readonly steps: ReadonlyArray<{ readonly __typename: 'ShipmentStep', readonly version: number, readonly step: string, readonly state: ShipmentState, readonly by: string, readonly reason: string | null, readonly happenedAt: string, readonly takenAt: string }>, readonly answers: ReadonlyArray<{ readonly __typename: 'ShipmentAnswer', readonly answerId: string, readonly kind: string, readonly sequence: number, readonly state: AnswerState, readonly code: string | null, readonly at: string }>, readonly receipt: { readonly __typename: 'Receipt', readonly receiptId: string, readonly by: string, readonly receivedAt: string, readonly confirmedAt: string, readonly expectedVials: number, readonly acceptedVials: number, readonly damagedVials: number, readonly lines: ReadonlyArray<{ readonly __typename: 'ReceiptLine', readonly expectedVials: number, readonly acceptedVials: number, readonly damagedVials: number, readonly lot: { readonly __typename: 'Lot', readonly number: string } }> } | null, readonly discrepancies: ReadonlyArray<{ readonly __typename: 'Discrepancy', readonly discrepancyId: string, readonly kind: DiscrepancyKind, readonly vials: number, readonly open: boolean, readonly decision: DiscrepancyDecision | null, readonly decisions: ReadonlyArray<DiscrepancyDecision>, readonly reason: string | null, readonly resolvedBy: string | null, readonly lot: { readonly __typename: 'Lot', readonly number: string } }>, readonly productDetails: { readonly __typename: 'Product', readonly code: string, readonly name: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly unit: { readonly __typename: 'Words', readonly ja: string, readonly en: string } }, readonly window: { readonly __typename: 'DayWindow', readonly from: string, readonly to: string }, readonly branch: { readonly __typename: 'Branch', readonly code: string, readonly name: { readonly __typename: 'Words', readonly ja: string, readonly en: string } } | null, readonly to: { readonly __typename: 'Destination', readonly siteId: string, readonly name: string, readonly address: string | null, readonly facilityId: string | null, readonly municipality: { readonly __typename: 'Territory', readonly code: string, readonly name: { readonly __typename: 'TerritoryName', readonly ja: string, readonly en: string | null } } } } | null };

export type FacilityStockQueryVariables = Exact<{
  key: string;
}>;


export type FacilityStockQuery = { readonly __typename: 'Query', readonly facility: { readonly __typename: 'Facility', readonly facilityId: string, readonly name: string, readonly stock: { readonly __typename: 'SiteStock', readonly siteId: string, readonly name: string, readonly asOf: string, readonly availableVials: number, readonly inTransitVials: number, readonly quarantinedVials: number, readonly orderedVials: number, readonly expectedVials: number, readonly toHandOnVials: number, readonly lines: ReadonlyArray<{ readonly __typename: 'StockLine', readonly availableVials: number, readonly inTransitVials: number, readonly quarantinedVials: number, readonly lot: { readonly __typename: 'Lot', readonly number: string, readonly product: string, readonly expiry: string, readonly thawedExpiry: string | null, readonly recalled: boolean } }> } | null } | null };

export type TerritoryStockQueryVariables = Exact<{
  code: string;
  after?: string | null | undefined;
}>;


export type TerritoryStockQuery = { readonly __typename: 'Query', readonly territory: { readonly __typename: 'Territory', readonly code: string, readonly name: { readonly __typename: 'TerritoryName', readonly ja: string, readonly en: string | null }, readonly stock: { readonly __typename: 'SiteStockConnection', readonly pageInfo: { readonly __typename: 'PageInfo', readonly hasNextPage: boolean, readonly endCursor: string | null }, readonly edges: ReadonlyArray<{ readonly __typename: 'SiteStockEdge', readonly node: { readonly __typename: 'SiteStock', readonly siteId: string, readonly name: string, readonly asOf: string, readonly availableVials: number, readonly inTransitVials: number, readonly quarantinedVials: number, readonly orderedVials: number, readonly expectedVials: number, readonly toHandOnVials: number, readonly lines: ReadonlyArray<{ readonly __typename: 'StockLine', readonly availableVials: number, readonly inTransitVials: number, readonly quarantinedVials: number, readonly lot: { readonly __typename: 'Lot', readonly number: string, readonly product: string, readonly expiry: string, readonly thawedExpiry: string | null, readonly recalled: boolean } }> } }> } | null } | null };

export type LotsFragment = { readonly __typename: 'SiteStock', readonly siteId: string, readonly name: string, readonly asOf: string, readonly availableVials: number, readonly inTransitVials: number, readonly quarantinedVials: number, readonly orderedVials: number, readonly expectedVials: number, readonly toHandOnVials: number, readonly lines: ReadonlyArray<{ readonly __typename: 'StockLine', readonly availableVials: number, readonly inTransitVials: number, readonly quarantinedVials: number, readonly lot: { readonly __typename: 'Lot', readonly number: string, readonly product: string, readonly expiry: string, readonly thawedExpiry: string | null, readonly recalled: boolean } }> };

export type ConfirmReceiptMutationVariables = Exact<{
  input: ConfirmReceiptInput;
}>;


export type ConfirmReceiptMutation = { readonly __typename: 'Mutation', readonly confirmReceipt:
    | { readonly __typename: 'ReceiptConfirmed', readonly receiptId: string, readonly acceptedVials: number, readonly damagedVials: number, readonly shortVials: number, readonly surplusVials: number, readonly position: string, readonly replayed: boolean }
    | { readonly __typename: 'ReceiptRefused', readonly code: string, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly errors: ReadonlyArray<{ readonly __typename: 'FieldProblem', readonly path: string, readonly code: string, readonly ja: string, readonly en: string }> }
   };

export type ResolveDiscrepancyMutationVariables = Exact<{
  input: ResolveDiscrepancyInput;
}>;


export type ResolveDiscrepancyMutation = { readonly __typename: 'Mutation', readonly resolveDiscrepancy:
    | { readonly __typename: 'DiscrepancyResolved', readonly discrepancyId: string, readonly decision: DiscrepancyDecision, readonly vials: number, readonly position: string, readonly replayed: boolean }
    | { readonly __typename: 'DiscrepancyRefused', readonly code: string, readonly message: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly errors: ReadonlyArray<{ readonly __typename: 'FieldProblem', readonly path: string, readonly code: string, readonly ja: string, readonly en: string }> }
   };

export type MeQueryVariables = Exact<{ [key: string]: never; }>;


export type MeQuery = { readonly __typename: 'Query', readonly clock: { readonly __typename: 'Clock', readonly now: string, readonly businessDay: string, readonly training: boolean }, readonly viewer: { readonly __typename: 'Viewer', readonly role: Role, readonly name: string, readonly territory: { readonly __typename: 'Territory', readonly code: string, readonly tier: TerritoryTier, readonly name: { readonly __typename: 'TerritoryName', readonly ja: string, readonly en: string | null }, readonly parent: { readonly __typename: 'Territory', readonly code: string, readonly name: { readonly __typename: 'TerritoryName', readonly ja: string, readonly en: string | null } } | null }, readonly facility: { readonly __typename: 'Facility', readonly facilityId: string, readonly name: string, readonly municipality: { readonly __typename: 'Territory', readonly code: string, readonly name: { readonly __typename: 'TerritoryName', readonly ja: string, readonly en: string | null } } } | null } };

export type ProblemFragment = { readonly __typename: 'FieldProblem', readonly path: string, readonly code: string, readonly ja: string, readonly en: string };

export type ItemFragment = { readonly __typename: 'FormItem', readonly code: string, readonly kind: ItemKind, readonly unit: string, readonly moment: string, readonly max: number | null, readonly choices: ReadonlyArray<string> | null, readonly label: { readonly __typename: 'Words', readonly ja: string, readonly en: string } };

export type ProgressFragment = { readonly __typename: 'Round', readonly roundId: string, readonly programme: string, readonly product: string, readonly number: number, readonly deliveryFrom: string, readonly deliveryTo: string, readonly pack: string, readonly packVials: number, readonly dosesPerVial: number, readonly supplyVials: number | null, readonly stream: { readonly __typename: 'Stream', readonly code: string, readonly levels: ReadonlyArray<TerritoryTier>, readonly name: { readonly __typename: 'Words', readonly ja: string, readonly en: string } }, readonly productDetails: { readonly __typename: 'Product', readonly code: string, readonly storage: Storage, readonly name: { readonly __typename: 'Words', readonly ja: string, readonly en: string }, readonly unit: { readonly __typename: 'Words', readonly ja: string, readonly en: string } }, readonly levels: ReadonlyArray<{ readonly __typename: 'RoundLevel', readonly level: TerritoryTier, readonly dueAt: string, readonly late: boolean, readonly due: number, readonly committed: number, readonly onLate: OnLate, readonly grantedVials: number, readonly releasedVials: number, readonly inTransitVials: number, readonly receivedVials: number, readonly asOf: string, readonly states: ReadonlyArray<{ readonly __typename: 'StateCount', readonly state: PlanState | null, readonly count: number }> }> };

