/** The words of all pages but signing in and the daily report, which old lines must load quickly. */
export const workJa = {
  lineStates: { planned: '予定', notified: '通知済み', released: '発送指示済み', withdrawn: '取り戻し' } as Record<string, string>,
  sheet: {
    title: '配分の作業表', place: '配分先', population: '人口', wish: '希望量', stock: '在庫', computed: '計算', typed: '配分', difference: '差', vials: 'バイアル', reason: '変更理由', share: '人口1万人あたり',
    supply: '供給', given: '配分の合計', remainder: '残り', over: '供給を超えています', changed: (count: number) => `未保存の変更 ${count} 行`, unit: '箱',
    compute: '計算する', recompute: '計算し直す', rule: '規則', save: '保存', submit: '提出する', takeBack: '取り下げる', approve: '承認する', commit: '確定する', undo: '元に戻す', redo: 'やり直す', paste: 'Excelから貼り付け', accept: '計算どおりに戻す', why: 'なぜこの数か', whyOf: (name: string) => `${name}：なぜこの数か`, compare: '規則を比べる', history: '変更の記録', filter: '名前かコードで絞り込む', onlyChanged: '計算と違う行だけ', more: '1箱増やす', less: '1箱減らす',
    keys: '↑↓ で行を移動、Enter で次の行、＋ − で1箱ずつ、Ctrl + Z で元に戻す。表計算ソフトの列はそのまま貼り付けられます。',
    stale: 'ほかの担当者が先に変更しました。まだ何も保存されていません。', staleLead: '違いを1行ずつ確かめて、最新の版の上でやり直してください。', staleMine: '読み込んだとき', staleTheirs: 'いま', staleWant: 'あなたの入力', keepMine: '自分の入力を残す', takeTheirs: '相手の値にする', useNewest: '最新の版で続ける', staleNone: '配分の行に違いはありません（計画の状態だけが変わりました）。',
    second: '提出した人とは別の担当者が承認します。', states: '流れ', version: (version: number) => `版 ${version}`, saved: (count: number) => `${count}行を保存しました。`, moved: (state: string) => `計画は「${state}」になりました。`, computedIn: (ms: string) => `計算は ${ms} ミリ秒でした。`, confirmCommit: '確定すると配分先に割り当てられ、元に戻すには変更の手続きが必要です。', confirm: '実行する',
    pasteTitle: '表計算ソフトから貼り付け', pasteHint: '「コードまたは名前」と「箱数」の2列、または箱数だけの1列（フォーカスのある行から下へ）を貼り付けてください。', pasteApply: '取り込む', pasteDone: (rows: number) => `${rows}行を取り込みました。保存するまでは確定しません。`, pasteUnknown: (names: string) => `見つからない行: ${names}`, pasteWrong: (rows: string) => `数として読めない行: ${rows}`, pasteTwice: (names: string) => `2回出てくる行: ${names}（後の値を使いました）`,
    noPlan: 'まだ計画がありません。規則を選んで計算してください。', noPlanOther: 'まだ計画がありません。上の段階の確定を待っています。', readOnly: 'この計画は閲覧だけできます。', shortRule: '人口で8割、希望量で2割', computing: '計算しています', flags: { stale_stock: '在庫の数字が古い', incomplete_series: '推移が途中まで' } as Record<string, string>,
    of: '段階', document: '計画の文書（誰でも再計算できます）', figures: '計算に使った数字', figure: '指標', value: '値', asOf: '時点', source: '出典', component: { base: '基本枠', adjustment: '調整枠', by_hand: '手入力', sum_of_municipalities: '市町村の合計', sum: '合計' } as Record<string, string>, next: (count: string) => `供給があと ${count} 箱増えると、次の1箱が配分されます。`, noDetail: '市町村の行', belowTitle: '市町村の内訳（閲覧）', belowOpen: '市町村の内訳を表示', whatIf: '試算', whatIfRun: '比べる', ruleA: '規則A', ruleB: '規則B', inForce: '現在の計画', reserve: '残り', even: '均等さ（Jain）', whatIfNone: '公開された規則がありません。', selectRow: '行を選ぶと、計算の理由をここに表示します。', objections: '異議', objectionAnswer: '回答', accepted: '検討する', declined: 'そのまま', wished: '希望', unanswered: '未回答', confirmTitle: '確認', actions: { compute: '計算', adjust: '変更', submit: '提出', take_back: '取り下げ', approve: '承認', commit: '確定', carry: '自動で確定', amend: '変更手続き', withdraw: '取り戻し', object: '異議', answer: '異議への回答' } as Record<string, string>, rows: (shown: string, all: string) => `${shown} / ${all} 行`,
  },
  assign: {
    title: '接種施設への割り当て', lead: '割り当てる数を入力します。いくつかに分けて割り当てても、受けた配分を超えることはありません。', site: '接種施設', kind: '種別', wish: '希望量', already: '割り当て済み', stock: '在庫', coming: '輸送中', freezer: '冷凍庫', typed: '今回の割り当て', available: '割り当てできる残り', granted: '受けた配分', submit: '割り当てる', done: (count: number, vials: string) => `${count}施設に${vials}バイアルを割り当てました。`, release: '発送を指示する', releaseTitle: '発送の指示（基本型ごと）', releaseLead: '基本型接種施設と、その先の施設の分をまとめ、箱の単位で発送を指示します。', hub: '基本型接種施設', waiting: '指示待ち', boxes: (boxes: string, rest: string) => (rest === '0' ? `${boxes}箱` : `${boxes}箱と${rest}バイアル（箱に満たない分があります）`), released: (vials: string, boxes: string) => `${vials}バイアル（${boxes}箱）の発送を指示しました。`, nothing: '指示を待っている割り当てはありません。', kinds: { mass: '集団接種会場', satellite: '個別接種会場', workplace: '職域接種会場', national_centre: '国の大規模接種会場' } as Record<string, string>, fill: '希望量に応じて配る', noGrant: 'このクールの配分をまだ受けていません。', over: '残りを超えています',
  },
  shipmentStates: { ordered: '手配済み', scheduled: '日程決定', picked: '出荷準備済み', dispatched: '輸送中', delivered: '引き渡し済み', failed: '引き渡せず', returned: '返送', lost: '紛失', cancelled: '取り消し', unfulfillable: '手配できず' } as Record<string, string>,
  deliveries: {
    title: '配送', branch: '支店', all: 'すべての支店', today: '今日の配送', later: 'これから', done: '済み', to: '届け先', lots: 'ロット', window: '配送期間', deliveryOn: '配送日', next: '次の操作', schedule: '配送日を決める', pick: 'ロットを確定する', dispatch: '発送した', deliver: '引き渡した', fail: '引き渡せなかった', day: '日', hours: '時間帯', hoursNone: '時間の指定なし', lot: 'ロット番号', expiry: '有効期限', vials: 'バイアル', proposed: '提案されたロット（期限の近い順）', picked: '積んだロット', why: '理由', steps: '経過', slip: '納品書を印刷', slipTitle: '納品書', held: '前の操作を待っています', taken: (state: string) => `記録しました：${state}`, empty: '配送はありません。', goods: '同梱品', splits: '小分け', overdue: '期間を過ぎています', queued: (count: number) => `送信待ち ${count} 件`, queuedNote: '通信が戻ると自動で送ります。', address: '住所', noAddress: '住所の登録がありません', storage: '保管', contact: '届け先', failReasons: { absent: '受け取る人がいない', access: '届け先に入れない', temperature: '温度の逸脱', damaged: '破損', other: 'その他' } as Record<string, string>, count: '件', open: '詳しく', sum: (vials: string, want: string) => `${vials} / ${want} バイアル`, short: 'ロットの合計が出荷量と違います',
    signature: '受領印', shipmentNo: '出荷番号', refusedByServer: '記録できませんでした', whenLater: '日程の決まっていない配送', state: '状態', allStates: 'すべての状態',
  },
  incoming: {
    title: '納品・在庫', coming: '届く予定', arrived: '届いたもの', stock: '在庫', lot: 'ロット', expiry: '有効期限', usable: '使える', transit: '輸送中', quarantine: '保留', confirm: '納品を確認する', expected: '予定', accepted: '受領（使える）', damaged: '破損・温度逸脱', difference: '差', addLot: 'ほかのロットを加える', submit: '受領を確定する', short: '不足', surplus: '過剰', same: '予定どおり', done: '受領を記録しました', discrepancy: '差異', discrepancyNote: '差異は都道府県か国の担当者が判断します。', kinds: { short: '不足', surplus: '過剰', damaged: '破損', beyond_stock: '在庫超過' } as Record<string, string>, none: '届く予定はありません。', noStock: '在庫の記録はありません。', site: '接種施設', recalled: '回収対象', asOf: '時点', toHandOn: '小分けで渡す予定', expectedFromHub: '小分けで届く予定', thawed: '解凍後の期限', allAsExpected: '予定どおり受領した', from: 'から', decide: '判断する', decisions: { lost: '失われた', found_at_depot: '倉庫にあった', found_at_site: '施設にあった', from_depot: '倉庫の在庫から', from_maker: 'メーカーから', destroyed: '廃棄した', usable: '使用できる', returned: '返送した', withdrawn: '取り下げ' } as Record<string, string>, undecided: '判断待ち', receivedAt: '受領日時', chooseArea: '都道府県の在庫は市町村ごとに表示します。',
  },
  situation: { title: '公開の状況', lead: '都道府県の合計です。どなたでもご覧になれます。', openData: 'オープンデータ', openDataLead: '画面と同じ数字を、機械で読める形で公開しています。', api: 'GraphQL API', apiNote: '都道府県と全国の合計は、サインインなしで取得できます。', rules: '配分の規則', indicators: '配分に使う指標', plans: '確定した計画の文書', plansNote: '確定した配分は、だれでも計算し直せます。', pastRounds: '過去の配分', goods: '同梱品の比率', format: '形式', address: 'アドレス', dataset: 'データ', signIn: 'サインイン' },
  dev: { title: '開発者', lead: '公開の GraphQL API を試します。要求はあなたの権限で実行され、件数の制限も同じです。', query: '問い合わせ', variables: '変数（JSON）', run: '実行', result: '結果', schema: 'スキーマ', filterSchema: '型かフィールドを探す' },
  overview: {
    title: '医療提供体制の状況', tiles: '主な指標', map: '地図', trend: '感染症の入院患者の推移', table: '地域別の状況', indicator: '表示する指標', area: '表示する地域',
    readyOccupancy: '即応病床使用率', severeOccupancy: '重症者用病床の使用率', icuOccupancy: 'ICU病床使用率', inpatients: '感染症の入院患者', rate: '報告率',
    readyDef: '即応病床の入院患者数 ÷ 即応病床数', severeDef: '重症者用病床の使用数 ÷ 重症者用即応病床数', icuDef: 'ICU使用病床数 ÷ ICU稼働病床数', inpatientsDef: '感染症の入院患者数の合計（現在）', rateDef: 'その日に報告した施設 ÷ 報告する施設',
    region: '地域', share: '使用率', inUse: '使用中', beds: '即応病床', severe: '重症者用', icu: 'ICU', patients: '入院患者', report: '報告',
    filter: '地域名で絞り込む', showAll: (count: number) => `すべて表示（${count}件）`, count: (count: number) => `${count}件`,
    below: (low: string, high: string) => `${low}–${high}%`, lowest: (high: string) => `${high}%未満`, highest: (low: string) => `${low}%以上`,
    hatch: '最上位の区分は斜線を重ねて表示', noFigure: '報告なし・表示しない',
    mapSummary: (name: string, most: string, mostShare: string, least: string, leastShare: string) => `${name}の地図。最も高いのは${most} ${mostShare}、最も低いのは${least} ${leastShare}。同じ数字は下の表にあります。`,
    southern: '沖縄・奄美', mapEmpty: '表示できる数字がまだありません。', credit: '地図: @svg-maps/japan (Victor Cazanave, CC BY 4.0)',
    asTable: '表で見る', asChart: 'グラフで見る', day: '日', average: '7日間移動平均', planned: '即応病床数', daily: '日別',
    trendEmpty: 'この期間に報告のある日は1日だけです。日が重なると推移を表示します。',
    trendNone: 'この期間には報告がありません。',
    facilitiesOf: '施設の一覧', whoNot: '未回答の施設を見る', bedBoard: '施設ごとの病床を見る', noCapacity: 'この地域の数字は公開されていないか、この日の受付がまだ始まっていません。',
    live: '30秒ごとに更新', municipalTiles: '市町村は地図の代わりに色分けした一覧で表示しています',
    ofDay: '対象日', trendSummary: (day: string, value: string, average: string | null) => `${day} 日別 ${value} 人${average === null ? '' : ` ／ 7日間移動平均 ${average} 人`}`,
  },
  unreportedPage: {
    title: '未回答の状況', lead: '対象日の報告がまだない施設です。期限を過ぎた報告も受け付け、遅れとして記録します。', facility: '施設', kind: '種別', last: '最後の報告',
    never: '報告なし', missing: '未回答', carried: '以前の報告あり', due: '報告する施設', done: '報告済み', rate: '報告率', allDone: 'この地域の施設はすべて報告済みです。', chooseArea: '市町村を選ぶと施設の一覧を表示します。', hospital: '病院', clinic: '診療所',
    onlyOpen: '未回答だけを表示',
    dueNote: '報告の義務のない施設も一覧に含まれることがあります。',
  },
  beds: {
    title: '病床の一覧', lead: '各施設の最新の報告です。数字ごとに、いつの時点かを表示します。', facility: '施設', ready: '即応病床', vacant: '空き（即応）', icu: 'ICU 使用/稼働', severe: '重症 使用/即応', ventilators: '人工呼吸器 使用/保有', asOf: '時点', emergency: '救急', stale: '24時間より古い', none: '報告なし', chooseArea: '市町村を選ぶと施設ごとの病床を表示します。', municipality: '市町村', inReady: '入院（即応）',
  },
  facility: { title: '施設', address: '所在地', code: '医療機関コード', gmis: '医療機関ID', kind: '種別', report: '報告の内容', noReport: '報告がありません', revision: (number: number) => `第${number}版`, submitted: '受付', asOf: '時点', source: '経路', synthetic: '訓練用の架空の施設', item: '項目', answer: '回答', moment: '時点・期間', warnings: '受付時の注意' },
  calendar: {
    title: '報告カレンダー', done: '報告済み', missing: '未回答', late: '遅れ', none: '受付なし', future: '—', previous: '前の月', next: '次の月', revisions: '版の履歴', correct: '訂正する', make: '報告する', week: ['日', '月', '火', '水', '木', '金', '土'], summary: (done: number, late: number, missing: number) => `報告済み ${done}日（うち遅れ ${late}日）、未回答 ${missing}日`, sheet: '対象日', today: '今日', closed: '訂正の期間が終わっています', choose: '日を選ぶと版の履歴を表示します。',
  },
  rounds: {
    title: '配分のクール', round: (number: number) => `第${number}クール`, delivery: '配送期間', supply: '供給', levels: '段階', due: '期限', committed: '確定', of: '/', granted: '配分', released: '発送指示', transit: '輸送中', received: '納品', stuck: '止まっているところ', stuckNone: '止まっているところはありません。', worksheet: '作業表を開く', sites: '接種施設へ割り当てる', progress: '進み具合', fairness: '公平さ', gini: 'ジニ係数', jain: 'Jain指数', ratio: '最低 ÷ 最高', basis: '重み', late: '期限を過ぎています', noPlan: '計画なし', none: '表示できるクールがありません。',
    level: { nation: '国', prefecture: '都道府県', municipality: '市町村' } as Record<string, string>,
    fairnessNote: 'ジニ係数は0に近いほど、Jain指数は1に近いほど均等です。', shipments: '配送の状態', storage: { ultra_cold: '超低温', frozen: '冷凍', refrigerated: '冷蔵', ambient: '常温' } as Record<string, string>, pack: (vials: string) => `1箱 ${vials} バイアル`, toPrefectures: '都道府県への配分', toMunicipalities: '市町村への配分',
  },
  planStates: { draft: '作成中', computed: '計算済み', submitted: '提出済み', approved: '承認済み', committed: '確定', closed: '終了', superseded: '差し替え', cancelled: '取り消し' } as Record<string, string>,
  homePage: {
    hello: (name: string) => `${name}`, duties: '今日の仕事', dueAt: '期限', notices: 'お知らせ', noDuties: 'いまの時点で期限のある仕事はありません。', reportToday: '今日の日次報告を送る', reportDone: (revision: number, at: string) => `今日の日次報告は受け付け済みです（第${revision}版、${at}）`, reportLate: '締切を過ぎています', unreported: (missing: string) => `今日の報告がない施設 ${missing}`, plan: (round: string, state: string) => `${round}の計画：${state}`, receipts: (count: string) => `確認を待つ納品 ${count} 件`, shipments: (count: string) => `引き渡し前の配送 ${count} 件`, reportOverdue: '受付はできます（遅れとして記録）', noticesNone: '確認していないお知らせはありません。', lateLevel: (level: string) => `${level}の計画が期限を過ぎています`, shortcut: 'よく使う画面', shipmentOverdue: (count: number) => `配送期間を過ぎた配送 ${count} 件`, stuckBelow: (count: string) => `確定していない配分先 ${count}`,
  },
  help: { title: '用語と定義', lead: '画面の項目名はすべてここで定義しています。CSVとAPIの列名は右の識別子と同じです。', form: '日次報告の項目', term: '用語', identifier: '識別子', definition: '定義', unit: '単位', moment: '時点・期間', indicators: '指標', allocation: '配分に使う指標', keys: 'キーの使い方', source: '出典', coverage: '数字のある市町村' },
  noticesPage: { title: 'お知らせ・事務連絡', lead: '国と都道府県からのお知らせです。確認したものは記録に残ります。', onlyUnread: '未確認だけを表示', none: 'お知らせはありません。', kinds: { notice: 'お知らせ', circular: '事務連絡', alert: '緊急' } as Record<string, string>, read: '確認済み', unread: '未確認', acknowledge: '確認した', paper: '印刷用の紙面', until: (day: string) => `${day}まで`, corrected: (version: number) => `第${version}版に訂正`, withdrawn: '取り下げ', count: (count: string) => `確認していないお知らせ ${count} 件` },
};

export type Work = typeof workJa;
