{{ stage('eg') }}
