//! What accounts are for, and what can be asked for.

names! {
    /// What an account is for. A person with two jobs has two accounts.
    Role {
        /// 国
        Ministry = "ministry",
        /// 都道府県
        Prefecture = "prefecture",
        /// 市町村
        Municipality = "municipality",
        /// 保健所: sees its area, not all of its founder's territory
        HealthCentre = "health_centre",
        /// 病院
        Hospital = "hospital",
        /// とりまとめ団体: reports for all facilities of its prefecture
        ReportingProxy = "reporting_proxy",
        /// 卸
        Wholesaler = "wholesaler",
        /// 監査
        Auditor = "auditor",
        /// runs the machine: imports, clock, jobs; sees no figures
        Operator = "operator",
        /// 調整本部: places patients in its prefecture
        CoordinationHq = "coordination_hq",
        /// 診療所
        Clinic = "clinic",
        /// 郡市医師会: knows its area's facilities and what they are given
        MedicalAssociation = "medical_association",
        /// 製造販売業者
        Maker = "maker",
        /// 学会等の専門家ネットワーク (ECMOnet): sees the load of the whole nation
        ExpertNetwork = "expert_network",
        /// 消防: where an emergency can be taken
        FireService = "fire_service",
        /// 相談窓口: accounts and master data, no reports
        HelpDesk = "help_desk",
        /// anybody, not signed in
        Public = "public",
    }
}

names! {
    /// What can be asked for.
    Action {
        /// Names, codes and populations of territories: published facts.
        TerritoryRead = "territory_read",
        /// Sums over the facilities of a territory, with their coverage.
        FiguresRead = "figures_read",
        /// A facility's master data.
        FacilityRead = "facility_read",
        /// A facility's own reports.
        ReportRead = "report_read",
        /// Who saw what about a facility.
        ViewsRead = "views_read",
        /// Asking in an emergency for access to reports that one does not see otherwise.
        BreakGlassOpen = "break_glass_open",
        /// Saying afterwards, as a second person, whether such an access was right.
        BreakGlassReview = "break_glass_review",
        /// Sending or correcting a facility's report.
        ReportSubmit = "report_submit",
        /// Creating and changing facilities in bulk, and who must report.
        FacilityImport = "facility_import",
        /// Writing the status answers of a published file.
        StatusImport = "status_import",
        /// Opening a business day: who is due.
        DayOpen = "day_open",
        /// Making accounts, service accounts and signing keys.
        AccountIssue = "account_issue",
        /// Beginning a session of one's own account.
        SignIn = "sign_in",
        /// Ending a session of one's own account.
        SessionEnd = "session_end",
        /// Changing one's own password or second factor.
        CredentialChange = "credential_change",
        /// Reading who has an account, without credentials and addresses.
        AccountRead = "account_read",
        /// Redeeming the invitation to one's own account.
        InvitationRedeem = "invitation_redeem",
        /// Letting another organisation's account do something for one's own.
        Delegate = "delegate",
        /// Reading notices; whom each is for, it says itself.
        NoticeRead = "notice_read",
        /// Publishing, correcting and withdrawing notices for a place.
        NoticePublish = "notice_publish",
        /// Making accounts of machines, changing their secrets, taking their access away.
        ServiceAccountManage = "service_account_manage",
        /// Reading a round's plans and grants at a place.
        PlanRead = "plan_read",
        /// Computing, adjusting and handing in a plan.
        PlanDraft = "plan_draft",
        /// Agreeing to a plan that was handed in.
        PlanApprove = "plan_approve",
        /// Posting a plan, or assigning vials to sites.
        PlanCommit = "plan_commit",
        /// Posting a plan as it stands because its officers are late: the service's own work.
        PlanCarry = "plan_carry",
        /// Reading a territory's own line of a plan that was handed in and is open to objections.
        PlanProposalRead = "plan_proposal_read",
        /// Objecting to one's own line of such a plan.
        PlanObject = "plan_object",
        /// Proposing and committing a change of a committed plan.
        PlanAmend = "plan_amend",
        /// Taking assigned lines back that were not released.
        LinesWithdraw = "lines_withdraw",
        /// Opening rounds, recording supply, registering sites.
        RoundOpen = "round_open",
        /// Reading what anybody may know: rules, and what was committed to a territory and why.
        PublishedRead = "published_read",
        /// Publishing a version of a rule.
        RulePublish = "rule_publish",
        /// Registering indicators and recording their figures.
        IndicatorRecord = "indicator_record",
        /// Trying rules out, without any effect on plans.
        WhatIfRun = "what_if_run",
        /// Taking in rounds of the past as they were published.
        PastRoundImport = "past_round_import",
        /// Releasing assigned lines: they become a shipment to their hub.
        LinesRelease = "lines_release",
        /// Reading shipments, receipts, discrepancies and stock.
        ShipmentRead = "shipment_read",
        /// Answering a shipment: day, lots, dispatch, delivery.
        ShipmentAnswer = "shipment_answer",
        /// Calling a shipment off before dispatch.
        ShipmentCancel = "shipment_cancel",
        /// Confirming what arrived.
        ReceiptConfirm = "receipt_confirm",
        /// Deciding what became of vials that are not where they should be.
        DiscrepancyResolve = "discrepancy_resolve",
        /// Noting what a depot received from the maker.
        InboundRecord = "inbound_record",
        /// Declaring a lot recalled.
        LotRecall = "lot_recall",
        /// Wholesalers, branches, areas, their broker users, replays and dead letters.
        WholesalerManage = "wholesaler_manage",
        /// Asking for the notices to one's own office, facility or company by mail or webhook.
        SubscriptionManage = "subscription_manage",
        /// Applying the events of other services.
        EventApply = "event_apply",
        /// Moving the clock of a training instance.
        ClockStep = "clock_step",
        /// Reading the sharing agreements that a territory has made or received.
        SharingRead = "sharing_read",
        /// Making a territory's sharing agreement, and ending it early.
        SharingManage = "sharing_manage",
        /// Merging a municipality into another on a day.
        TerritoryMerge = "territory_merge",
        /// Closing a facility on a day, and opening it again.
        FacilityClose = "facility_close",
        /// Taking in which municipalities belong to which health centre and medical area.
        AreaImport = "area_import",
    }
}

impl Action {
    /// Does it only look?
    #[must_use]
    pub fn is_read(self) -> bool {
        matches!(
            self,
            Self::TerritoryRead
                | Self::FiguresRead
                | Self::FacilityRead
                | Self::ReportRead
                | Self::ViewsRead
                | Self::PlanRead
                | Self::PlanProposalRead
                | Self::PublishedRead
                | Self::ShipmentRead
                | Self::SharingRead
                | Self::AccountRead
                | Self::NoticeRead
        )
    }
}
